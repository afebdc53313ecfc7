"""A supernet that is too large for a trial's memory."""

from __future__ import annotations

from typing import Any

import pytest

from controller.config.model import ModelSpace
from controller.config.supernet import memory_problem
from controller.config.trial import TrialSection

GB = 10**9


def problem(size: int | None, there: dict[str, int | None], **trial: Any) -> tuple[str, bool]:
    supernet = None if size is None else {"parameters": size // 4, "bytes": size}
    made = ModelSpace("net.Net", {}, {"supernet": supernet}, there)
    section = TrialSection.model_validate({"command": "true", **trial})
    found = memory_problem(made, section)
    return ("", False) if found is None else (found.text, found.refused)


def test_weights_and_gradients_that_exceed_the_limit_are_refused() -> None:
    text, refused = problem(6 * GB, {"machine": 64 * GB}, memory=8 * GB)
    assert refused
    assert text == (
        "the supernet of net.Net has 1,500,000,000 parameters: its weights and gradients take "
        "12.0 GB, and trial.memory is 8.0 GB: raise it, or make the model smaller"
    )


def test_what_is_tight_is_named() -> None:
    text, refused = problem(3 * GB, {"machine": 8 * GB})
    assert not refused
    assert "its weights, gradients and a momentum take 9.0 GB, and the memory of the node" in text


@pytest.mark.parametrize(
    ("size", "memory", "trial", "expected"),
    [
        (1 * GB, {"machine": 8 * GB}, {}, ""),
        (None, {"machine": 8 * GB}, {}, ""),
        (9 * GB, {}, {}, ""),
        (9 * GB, {"machine": 8 * GB, "gpu": None}, {"gpus": 1}, ""),
        (9 * GB, {"machine": 8 * GB, "gpu": 80 * GB}, {"gpus": 1}, ""),
        (9 * GB, {"machine": 80 * GB, "gpu": 8 * GB}, {"gpus": 1}, "the memory of the GPU is 8.0"),
        (9 * GB, {"machine": 8 * GB}, {"memory": 80 * GB}, "the memory of the node is 8.0 GB"),
        (9 * GB, {}, {"memory": 8 * GB}, "trial.memory is 8.0 GB"),
    ],
)
def test_which_memory_counts(
    size: int | None, memory: dict[str, int | None], trial: dict[str, Any], expected: str
) -> None:
    text, refused = problem(size, memory, **trial)
    assert expected in text
    assert (bool(text), refused) == (bool(expected), bool(expected))

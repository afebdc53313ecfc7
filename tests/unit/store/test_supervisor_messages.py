from typing import Any

import pytest

from controller.core.events import Began, Ended, Prepared, Preparing
from controller.core.model import Outcome
from controller.store.mail.messages import MalformedError, parse_message
from heirloom.node.reporting import USAGE

BEGAN = {"format": 1, "kind": "began", "attempt": "7.2", "node": "gpu1", "started_at": 1.0}
ENDED = {
    "format": 1,
    "kind": "ended",
    "attempt": "7.2",
    "node": "gpu1",
    "outcome": "parent",
    "reason": "trial 3 failed",
    "parent": 3,
    "seconds": {"waiting": 1, "running": 0.5},
    "peak_memory": 1 << 20,
    "cpu_seconds": 2,
    "gpu_share": 1.5,
}


def test_began() -> None:
    found = parse_message("7.2.began.json", BEGAN)
    assert not found.has_manifest
    assert found.event(5.0) == Began(at=5.0, trial=7, number=2, started_at=1.0)
    shared = parse_message("7.2.began.json", {**BEGAN, "gpus": ["0"], "gpu_share": 0.5})
    assert shared.event(5.0) == Began(at=5.0, trial=7, number=2, started_at=1.0, gpus=0.5)


def test_preparations() -> None:
    for kind, event in (("preparing", Preparing), ("prepared", Prepared)):
        found = parse_message(f"7.2.{kind}.json", {**BEGAN, "kind": kind})
        assert not found.has_manifest
        assert found.event(5.0) == event(at=5.0, trial=7, number=2)


def test_ended() -> None:
    assert parse_message("7.2.ended.json", ENDED).event(5.0) == Ended(
        at=5.0,
        trial=7,
        number=2,
        outcome=Outcome.PARENT,
        reason="trial 3 failed",
        parent=3,
        seconds={"waiting": 1.0, "running": 0.5},
        peak_memory=1 << 20,
        cpu_seconds=2.0,
        gpus=1.5,
    )
    old = {k: v for k, v in ENDED.items() if k not in USAGE}
    found = parse_message("7.2.ended.json", old)
    assert (found.peak_memory, found.cpu_seconds, found.gpus) == (None, None, None)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_which_outcomes_need_a_manifest(outcome: Outcome) -> None:
    found = parse_message("7.2.ended.json", {**ENDED, "outcome": str(outcome)})
    assert found.has_manifest == (outcome in ("committed", "stopped", "beaten"))


def test_a_long_reason_is_cut() -> None:
    found = parse_message("7.2.ended.json", {**ENDED, "reason": "x" * 10_000})
    assert len(found.reason) == 2000


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"kind": "paused"},
        {"attempt": 7},
        {"attempt": "7"},
        {"attempt": "8.1"},
        {"outcome": "fine"},
        {"outcome": None},
        {"outcome": []},
        {"reason": None},
        {"parent": "3"},
        {"parent": -1},
        {"parent": True},
        {"peak_memory": 0.5},
        {"cpu_seconds": -1},
        {"cpu_seconds": "2"},
        {"gpu_share": -1},
        {"gpu_share": True},
        {"seconds": 3},
        {"seconds": {"running": "long"}},
        {"seconds": {"running": float("nan")}},
        {"seconds": {"running": 10**400}},
    ],
)
def test_invalid_fields_are_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        parse_message("7.2.ended.json", {**ENDED, **change})


@pytest.mark.parametrize("attempt", ["7", "7.", "a.b", "07.2", "7.2.1", "\u0667.2", "-7.2"])
def test_an_invalid_attempt_is_malformed(attempt: str) -> None:
    with pytest.raises(MalformedError):
        parse_message(f"{attempt}.began.json", {**BEGAN, "attempt": attempt})

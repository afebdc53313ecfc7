"""When a chain of shared weights counts as one that has learned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.methods.chains import problems


def a_trial(task: str, generation: int, value: float, *restored: int, **more: Any) -> Any:
    params = {"task": task, "generation": generation}
    state = {"state": "succeeded", "value": value, "restored": list(restored), "params": params}
    return {**state, "result": {"before": 0.5}, **more}


FIRST, SECOND = a_trial("search", 0, 0.3), a_trial("search", 1, 0.4, 0)
PLAIN, HEIR = a_trial("final", 1, 0.8), a_trial("final", 1, 0.8, 1)


def test_a_chain_that_learns_has_no_problem() -> None:
    assert problems([FIRST, SECOND, PLAIN, HEIR]) == []
    assert problems([{"params": {"width": 4}}]) == []


def test_the_mean_of_a_generation_counts() -> None:
    evaluated = [a_trial("evaluate", 0, 0.2), a_trial("evaluate", 0, 0.4)]
    better, worse = (a_trial("evaluate", 1, value) for value in (0.35, 0.25))
    assert problems([*evaluated, better, PLAIN, HEIR]) == []
    assert "0.300, 0.250" in problems([*evaluated, worse, PLAIN, HEIR])[0]


@pytest.mark.parametrize(
    ("trials", "text"),
    [
        ([SECOND | {"params": {"task": "search", "generation": 0}}, PLAIN, HEIR], "not better"),
        ([FIRST, SECOND | {"value": 0.3}, PLAIN, HEIR], "not better than its first: 0.300, 0.300"),
        ([FIRST, SECOND | {"state": "failed", "value": None}, PLAIN, HEIR], "not better"),
        ([FIRST, SECOND, PLAIN], "1 last networks succeeded, 0 with inherited weights"),
        ([FIRST, SECOND, PLAIN, PLAIN], "2 last networks succeeded, 0 with inherited weights"),
        (
            [FIRST, SECOND, PLAIN, HEIR | {"result": {"before": 0.1}}],
            "begins with an accuracy of 0.10",
        ),
    ],
)
def test_the_problem_of_a_chain_is_named(trials: list[Any], text: str) -> None:
    assert [text in found for found in problems(trials)] == [True]

"""When a search counts as one that has learned."""

from __future__ import annotations

from typing import Any

import pytest

from tests.methods.learning import measure, problems


def a_trial(**changes: Any) -> dict[str, Any]:
    result = {"inherited": {"share": 0.9}, "before": 0.6}
    given = {"state": "succeeded", "value": 0.7, "candidate": True, "restored": [0]}
    return given | {"result": result} | changes


FIRST = a_trial(restored=[], result={"inherited": {"share": 0.0}, "before": 0.1})
CHILD = a_trial()
NOISE = a_trial(result={"inherited": {"share": 0.9}, "before": 0.1})
STRANGER = a_trial(result={"inherited": {"share": 0.1}, "before": 0.6})


def test_a_search_that_learns_has_no_problem() -> None:
    found = measure([FIRST, *[CHILD] * 7])
    assert (found.succeeded, found.children, found.best) == (8, 7, 0.7)
    assert problems("pbt", found, 8) == []


@pytest.mark.parametrize(
    ("trials", "text"),
    [
        ([FIRST, *[CHILD] * 6], "7 of 7 trials succeeded"),
        ([FIRST, *[CHILD] * 6, a_trial(state="failed", value=None)], "7 of 8 trials succeeded"),
        ([a_trial(state="failed", value=None)], "best accuracy is None"),
        ([a_trial(value=0.12) for _ in range(8)], "does not learn: its best accuracy is 0.12"),
        ([FIRST] * 8, "no trial has inherited"),
        ([FIRST, *[NOISE] * 7], "begin with an accuracy of 0.10"),
        ([FIRST, *[STRANGER] * 7], "inherit 10%"),
    ],
)
def test_the_problem_is_named(trials: list[dict[str, Any]], text: str) -> None:
    assert any(text in problem for problem in problems("pbt", measure(trials), 8))


@pytest.mark.parametrize(("share", "count"), [(0.07, 0), (0.0, 1)])
def test_random_networks_inherit_from_much_smaller_ones(share: float, count: int) -> None:
    child = a_trial(result={"inherited": {"share": share}, "before": 0.2})
    assert len(problems("random", measure([FIRST, *[child] * 7]), 8)) == count


def test_no_child_of_the_control_inherits() -> None:
    assert problems("nasnet", measure([FIRST] * 8), 8) == []
    assert "1 of its trials" in problems("nasnet", measure([FIRST] * 7 + [CHILD]), 8)[0]
    assert "does not learn" in problems("nasnet", measure([a_trial(value=0.12)] * 8), 8)[0]


def test_trials_that_are_no_candidates_are_not_the_best() -> None:
    shared = a_trial(value=0.9, candidate=False, result={"inherited": {"share": 1.0}})
    found = measure([FIRST, shared, CHILD])
    assert (found.best, found.children, found.before) == (0.7, 2, 0.6)

"""For what trials waited."""

import pytest

from controller.core.model import Attempt, AttemptState
from controller.views.page.durations.waiting import causes
from tests.unit.views.page.pages import START, trial


def attempt(
    node: str, placed: float, started: float | None, ended: float, *parents: int
) -> Attempt:
    began = None if started is None else START + started
    return Attempt(1, node, parents, AttemptState.ENDED, START + placed, began, START + ended)


def waits(*attempts: Attempt, slots: int = 1) -> list[list[float]]:
    trials = [
        trial(n, *each.restore, attempts=[each], ended_at=each.ended_at)
        for n, each in enumerate(attempts)
    ]
    for each in trials:
        each.proposed_at = START
    return [list(found.values()) for found in causes(trials, {"a": slots, "b": slots}).values()]


def test_a_parent_a_full_node_and_ansible() -> None:
    found = waits(
        attempt("a", 0, 1, 10),  # Ansible alone
        attempt("b", 0, 1, 20),
        attempt("b", 3, 22, 30, 0),  # its parent until 10, then the node is full until 20
        attempt("a", 15, 16, 30, 0),  # no node took it until 15
    )
    assert found == [[0, 0, 1], [0, 0, 1], [10, 10, 2], [10, 5, 1]]


def test_a_trial_that_never_ran_is_left_out() -> None:
    assert waits(attempt("a", 0, None, 4)) == []


def test_a_retry_waits_from_the_end_of_the_attempt_before() -> None:
    retried = trial(0, attempts=[attempt("a", 0, 1, 50), attempt("a", 50, 52, 60)])
    [found] = causes([retried], {}).values()
    assert list(found.values()) == pytest.approx([0, 0, 2])

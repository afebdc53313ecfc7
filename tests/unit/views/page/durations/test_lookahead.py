"""Waiting that delayed a trial, told apart from lookahead."""

from controller.core.model import Attempt, AttemptState, Trial
from controller.views.page.durations.lookahead import told_apart
from tests.unit.views.page.pages import trial


def ran(number: int, placed: float, started: float, ended: float, **seconds: float) -> Trial:
    attempt = Attempt(1, "a", (), AttemptState.ENDED, placed, started, ended)
    return trial(number, attempts=[attempt], seconds=seconds)


def test_waiting_while_every_slot_is_taken_is_lookahead() -> None:
    trials = [
        ran(0, 0.0, 1.0, 11.0, waiting=0.5),
        ran(1, 0.0, 1.0, 21.0, waiting=0.5),
        ran(2, 2.0, 14.0, 15.0, waiting=12.0, running=1.0),  # a place was free from 11 on
        ran(3, 30.0, 31.0, 32.0),
    ]
    found = told_apart(trials, {"a": 2})
    assert found[2] == {"lookahead": 9.0, "waiting": 3.0, "running": 1.0}
    assert found[0] == {"lookahead": 0.0, "waiting": 0.5}
    assert found[3] == {}


def test_an_unknown_node_has_the_places_that_it_used() -> None:
    trials = [ran(0, 0.0, 0.0, 10.0), ran(1, 0.0, 10.0, 12.0, waiting=10.0)]
    assert told_apart(trials, {})[1] == {"lookahead": 10.0, "waiting": 0.0}


def test_lookahead_is_no_longer_than_what_the_node_measured() -> None:
    trials = [ran(0, 0.0, 0.0, 10.0), ran(1, 0.0, 10.0, 12.0, waiting=8.0)]
    assert told_apart(trials, {"a": 1})[1] == {"lookahead": 8.0, "waiting": 0.0}


def test_trials_that_never_ran_keep_their_seconds() -> None:
    waited = trial(0, attempts=[Attempt(1, "a", ())], seconds={"waiting": 3.0})
    assert told_apart([waited, trial(1, attempts=[])], {}) == {0: {"waiting": 3.0}, 1: {}}

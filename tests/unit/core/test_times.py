"""When attempts and trials began and ended, with and without a controller."""

import pytest

from controller.core import events as e
from tests.unit.core.drive import Drive
from tests.unit.core.test_resume import resumed

RAN = {"waiting": 7.0, "running": 20.0, "committing": 1.0}


def times(d, trial=0):
    """Start and end of a trial's last attempt, and the end of the trial, since the placement."""
    found = d.x.trials[trial]
    attempt = found.attempts[-1]
    return tuple(
        None if at is None else at - attempt.placed_at
        for at in (attempt.started_at, attempt.ended_at, found.ended_at)
    )


def search():
    d = Drive(concurrency=1)
    d.propose()
    return d


def committed(d, seconds=None, **more):
    """What the mail of an ended attempt leads to."""
    d.event(e.Ended, trial=0, number=1, outcome="committed", seconds=seconds)
    d.see(0, "succeeded", 1, **more)


def test_a_trial_under_a_controller_has_the_controllers_times():
    d = search()
    d.now += 3
    d.event(e.Began, trial=0, number=1, started_at=4.0)  # the node's clock is far behind
    d.now += 21.5
    committed(d, RAN)
    assert times(d) == (3, 24.5, 24.5)


def test_a_trial_that_ran_without_a_controller_has_its_nodes_times():
    d = search()
    began = d.now + 4
    again = resumed(d, after=3600)
    again.event(e.Began, trial=0, number=1, started_at=began)
    committed(again, RAN)
    assert times(again) == (4, 25, 25)


def test_a_trial_that_ended_without_a_controller_ended_after_its_seconds():
    d = search()
    d.now += 2
    d.event(e.Began, trial=0, number=1, started_at=d.now)
    again = resumed(d, after=22)
    committed(again, RAN)
    assert times(again) == (2, 23, 23)


def test_a_failed_trial_that_ended_without_a_controller():
    d = search()
    d.begin(0)
    again = resumed(d, after=3600)
    again.end(0, "failed", seconds={"running": 20.0}, reason="exit code 3")
    again.now += 1
    again.carry_out()
    assert times(again) == (0, 20, 20)


@pytest.mark.parametrize("ahead", [-1e9, 1e9])
def test_a_wrong_clock_of_a_node_gives_no_time_before_its_placement_or_after_now(ahead):
    d = search()
    again = resumed(d, after=600)
    again.event(e.Began, trial=0, number=1, started_at=again.now + ahead)
    committed(again, RAN)
    started, ended, _ = times(again)
    assert 0 <= started == pytest.approx(ended - 21)
    assert ended <= 600


def test_the_verdict_may_come_before_the_end():
    d = search()
    d.begin(0)
    again = resumed(d, after=3600)
    again.see(0, "succeeded", 1)
    again.event(e.Ended, trial=0, number=1, outcome="committed", seconds=RAN)
    assert times(again) == (0, 21, 21)


def test_an_end_that_is_heard_of_late_under_a_controller():
    d = search()
    d.begin(0)
    d.now += 500  # the store did not answer
    committed(d, RAN)
    assert times(d) == (0, 21, 21)


def test_a_begin_that_is_heard_of_with_the_end():
    d = search()
    d.now += 500
    d.begin(0)
    committed(d, RAN)
    assert times(d) == (479, 500, 500)


def test_a_begin_that_is_never_heard_of():
    d = search()
    d.now += 30
    committed(d, RAN)
    assert times(d) == (9, 30, 30)


def test_an_attempt_that_never_ran_has_no_start():
    d = search()
    d.now += 30
    d.end(0, "recalled", seconds={"waiting": 30.0})
    attempt = d.x.trials[0].attempts[0]
    assert (attempt.started_at, attempt.ended_at) == (None, d.now)


def test_a_cancelled_trial_ends_when_it_is_cancelled():
    d = search()
    d.begin(0)
    d.now += 10
    d.event(e.CancelAsked, trial=0)
    d.carry_out()
    d.now += 2
    d.end(0, "cancelled", seconds={"running": 12.0})
    assert times(d) == (0, 12, 10)

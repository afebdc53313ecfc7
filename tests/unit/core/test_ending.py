"""Cancelled trials, trials that are stopped early, and the end of the experiment."""

import pytest

from controller.core import events as e
from controller.core.model import Outcome, State
from tests.unit.core.drive import Drive


def test_a_cancelled_trial_gets_its_verdict_first_and_is_then_ended_on_its_node():
    d = Drive(concurrency=1)
    d.propose()
    d.begin(0)
    d.event(e.CancelAsked, trial=0)
    reason = "cancelled by a person"
    assert d.decided == [e.VerdictAsked(at=d.now, trial=0, state=State.CANCELLED, reason=reason)]
    d.see(0, "cancelled", reason=reason)
    assert d.made(e.EndAsked) == [
        e.EndAsked(
            at=d.now, trial=0, number=1, how=Outcome.CANCELLED, reason="the trial was cancelled"
        )
    ]
    d.end(0, "cancelled")
    assert not d.x.on_nodes
    assert d.states() == ["cancelled"]


def test_a_commit_before_the_cancellation_stands():
    d = Drive(concurrency=1)
    d.propose()
    d.begin(0)
    d.event(e.CancelAsked, trial=0)
    d.see(0, "succeeded", number=1)
    assert not d.made(e.EndAsked)
    d.end(0, "committed")
    assert d.states() == ["succeeded"]


def test_a_trial_that_waits_for_a_slot_is_never_placed_once_cancelled():
    d = Drive(nodes={"a": 1}, lookahead=0, concurrency=2)
    d.propose()
    d.propose()
    d.event(e.CancelAsked, trial=1)
    d.commit(0)
    d.carry_out()
    assert d.states()[:2] == ["succeeded", "cancelled"]
    assert {event.trial for event in d.ever(e.Placed)} == {0}


def test_a_cancelled_trial_is_not_tried_again():
    for outcome in ("failed", "lost", "recalled"):
        d = Drive(concurrency=1, retries=3)
        d.propose()
        d.event(e.CancelAsked, trial=0)
        d.end(0, outcome)
        d.carry_out()
        assert d.states() == ["cancelled"]
        assert len(d.ever(e.Placed)) == 1


def test_cancelling_twice_or_too_late_does_nothing():
    d = Drive(concurrency=1)
    d.propose()
    d.event(e.CancelAsked, trial=0)
    assert not d.event(e.CancelAsked, trial=0)
    d.see(0, "cancelled")
    d.event(e.CancelAsked, trial=0)
    assert len(d.ever(e.VerdictAsked)) == 1


def test_a_trial_stopped_by_the_assessor_keeps_its_weights():
    d = Drive(concurrency=2)
    d.propose()
    d.begin(0)
    d.propose(0)
    d.event(e.StopAdvised, trial=0, reason="below the median")
    assert d.made(e.EndAsked) == [
        e.EndAsked(at=d.now, trial=0, number=1, how=Outcome.STOPPED, reason="below the median")
    ]
    d.event(e.StopAdvised, trial=0, reason="still below")
    assert len(d.ever(e.EndAsked)) == 1
    d.apply(
        e.Ended(at=d.now, trial=0, number=1, outcome=Outcome.STOPPED),
        e.VerdictSeen(at=d.now, trial=0, state=State.STOPPED, number=1, weights=True),
    )
    d.commit(1)
    assert d.states()[:2] == ["stopped", "succeeded"]


def test_advice_about_another_attempt_or_a_waiting_one_is_ignored():
    d = Drive(concurrency=1)
    d.propose()
    assert not d.event(e.StopAdvised, trial=0, reason="?")
    d.end(0, "lost")
    d.carry_out()
    d.begin(0, 2)
    assert not d.event(e.StopAdvised, trial=0, number=1, reason="?")
    assert d.event(e.StopAdvised, trial=0, number=2, reason="?")


def test_an_attempt_stopped_before_it_could_commit_leaves_a_stopped_trial():
    d = Drive(concurrency=1)
    d.propose()
    d.begin(0)
    d.event(e.StopAdvised, trial=0, reason="hopeless")
    d.end(0, "stopped", reason="hopeless")
    d.carry_out()
    assert (d.states(), d.x.trials[0].reason) == (["stopped"], "hopeless")


def test_a_stop_cancels_all_trials_without_a_verdict_and_closes():
    d = Drive(nodes={"a": 1}, lookahead=1, concurrency=4)
    d.propose()
    d.commit(0)
    d.propose()
    d.begin(1)
    d.propose()
    d.propose()
    d.propose(3)
    d.event(e.StopAsked, reason="stopped by a person")
    assert not d.x.closed
    d.carry_out()
    assert d.states() == ["succeeded"] + ["cancelled"] * 4
    assert not d.x.closed  # two attempts are still on their node
    assert len(d.ever(e.EndAsked)) == 2
    for trial, number in list(d.x.on_nodes):
        d.end(trial, "cancelled", number)
    assert d.x.closed.reason == "stopped by a person"
    assert d.x.trials[4].reason == "stopped by a person"


def test_a_proposal_that_comes_after_the_stop_is_dropped():
    d = Drive(concurrency=2)
    asked = d.x.asked
    d.event(e.StopAsked, reason="stopped by a person")
    assert d.x.closed is not None
    d.event(e.Proposed, trial=asked, params={})
    assert d.x.trials == []


def test_a_retry_is_a_new_trial_with_the_same_parameters_and_parents():
    d = Drive(trials=2, concurrency=1)
    d.propose()
    d.commit(0)
    d.propose(0, lr=0.3)
    d.end(1, "failed", reason="exit code 1")
    d.carry_out()
    assert d.x.closed is not None
    d.apply(e.Opened(at=d.now, resumed=True), e.RetryAsked(at=d.now, trial=1))
    retry = d.x.trials[2]
    assert (retry.params, retry.parents, retry.retry_of) == ({"lr": 0.3}, (0,), 1)
    assert len(d.ever(e.ProposalAsked)) == 2
    d.commit(2)
    assert d.states() == ["succeeded", "failed", "succeeded"]
    assert d.x.closed is not None


def test_a_retry_waits_while_a_proposal_with_its_number_is_awaited():
    d = Drive(concurrency=3)
    d.propose()
    d.end(0, "failed")
    d.carry_out()
    assert d.x.asked == 1
    d.event(e.RetryAsked, trial=0)
    assert d.propose() == 1
    assert [trial.retry_of for trial in d.x.trials] == [None, None, 0]
    assert d.x.asked == 3


def test_a_request_to_retry_that_is_received_twice_counts_once():
    d = Drive(trials=1)
    d.propose()
    d.end(0, "failed")
    d.carry_out()
    names = ("first.json", "first.json", "second.json")
    asked = [e.RetryAsked(at=d.now, trial=0, request=name) for name in names]
    d.apply(e.Opened(at=d.now, resumed=True), asked[0])
    d.apply(*asked[1:])
    assert [trial.retry_of for trial in d.x.trials] == [None, 0, 0]


def test_a_running_trial_is_not_retried():
    d = Drive()
    d.propose()
    d.event(e.RetryAsked, trial=0)
    assert not d.x.commands.retries.due


@pytest.mark.parametrize("first", ["retry", "stop"])
def test_a_retry_requested_with_a_stop_waits_for_the_resume(first):
    d = Drive(concurrency=2)
    d.propose()
    d.commit(0)
    d.propose()
    d.begin(1)
    asked = [e.RetryAsked(at=d.now, trial=0), e.StopAsked(at=d.now, reason="enough")]
    d.apply(*(asked if first == "retry" else asked[::-1]))
    d.carry_out()
    d.end(1, "cancelled")
    assert d.x.closed is not None
    assert len(d.x.trials) == 2
    d.event(e.Opened, resumed=True)
    assert [trial.retry_of for trial in d.x.trials] == [None, None, 0]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_equal_values_the_first_trial_is_the_best(order):
    d = Drive(concurrency=2)
    d.propose()
    d.propose()
    for trial in order:
        d.commit(trial)
    assert d.x.best == 0

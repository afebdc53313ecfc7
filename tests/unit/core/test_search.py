"""Requests to the tuner, results for it, and the end of the search."""

import pytest

from controller.core import events as e
from controller.core.search import REJECTIONS
from tests.unit.core.drive import Drive


def test_one_proposal_is_requested_at_a_time():
    d = Drive()
    assert d.ever(e.ProposalAsked) == [e.ProposalAsked(at=d.now, trial=0)]
    assert not d.apply()
    d.propose()
    assert d.made(e.ProposalAsked) == [e.ProposalAsked(at=d.now, trial=1)]


def test_a_result_is_sent_before_the_next_request():
    d = Drive(concurrency=1)
    d.propose()
    d.commit(0)
    assert [type(event) for event in d.decided] == [e.ResultSent, e.ProposalAsked]


def test_a_tuner_that_withholds_is_asked_after_the_next_result():
    d = Drive(concurrency=2)
    d.propose()
    d.withhold()
    assert d.x.asked is None
    assert not d.wait(60)
    d.commit(0)
    assert d.x.asked == 1


def test_a_tuner_that_withholds_is_asked_again_if_a_result_was_sent_meanwhile():
    d = Drive(concurrency=2)
    d.propose()
    d.commit(0)  # the proposal for trial 1 is awaited
    d.withhold()
    assert d.made(e.ProposalAsked) == [e.ProposalAsked(at=d.now, trial=1)]
    d.withhold()
    assert d.x.closed.reason == "the tuner has nothing more to propose"


def test_withholding_with_nothing_in_flight_ends_the_search():
    d = Drive()
    d.withhold()
    assert [type(event) for event in d.decided] == [e.SearchEnded, e.Closed]
    assert d.x.search_over.error is False


def test_an_announced_proposal_keeps_an_idle_search_open():
    d = Drive()
    assert not d.withhold(coming=True)
    assert not d.wait(1000)
    assert d.event(e.TunerReady) == [e.ProposalAsked(at=d.now, trial=0)]
    d.propose()
    d.withhold(coming=True)
    d.commit(0)  # a result also leads to a new request
    assert d.x.asked == 1
    d.withhold(coming=True)
    d.event(e.TunerReady)
    d.withhold()
    assert d.x.closed.reason == "the tuner has nothing more to propose"


def test_ready_may_arrive_before_the_announcement():
    d = Drive()
    d.event(e.TunerReady)
    assert d.withhold(coming=True) == [e.ProposalAsked(at=d.now, trial=0)]


def test_an_announced_proposal_is_forgotten_at_a_resume():
    d = Drive()
    d.withhold(coming=True)
    d.event(e.Opened, resumed=True)
    assert d.x.asked == 0
    d.withhold()
    assert d.x.closed is not None


def test_a_used_up_budget_does_not_wait_for_an_announced_proposal():
    d = Drive(trials=None, duration=60.0)
    d.withhold(coming=True)
    d.wait(60)
    assert d.x.closed.reason == "the budget of 60 s is used up"


def test_a_trial_can_be_retried_while_a_proposal_is_announced():
    d = Drive(concurrency=2)
    d.event(e.Proposed, trial=0, params={"x": 1}, token=4)
    d.withhold(coming=True)
    d.end(0, "failed")
    d.carry_out()
    d.withhold(coming=True)
    d.event(e.RetryAsked, trial=0)
    assert (d.x.trials[1].retry_of, d.x.trials[1].token) == (0, 4)


def test_room_is_limited_by_concurrency_and_budget():
    d = Drive(nodes={"a": 2}, concurrency=200, trials=201, lookahead=0)
    assert d.x.room == 200
    for _ in range(199):
        d.propose()
    assert (d.x.room, d.x.open_trials, len(d.x.on_nodes)) == (1, 199, 2)
    d.propose()
    assert (d.x.room, d.x.asked) == (0, None)
    d.commit(0)
    assert (d.x.room, d.x.asked) == (1, 200)
    d.propose()
    d.commit(1)
    assert d.x.room == 0  # the budget is used up


def test_the_tuners_own_number_is_kept_with_the_trial():
    d = Drive()
    d.event(e.Proposed, trial=0, params={}, token=3)
    d.event(e.Proposed, trial=1, params={}, token=1)
    d.event(e.ProposalGivenUp, token=6, reason="no return for 60 s")
    assert [trial.token for trial in d.x.trials] == [3, 1]


def test_the_budget_of_trials():
    d = Drive(trials=2)
    d.propose()
    d.propose()
    assert d.x.asked is None
    assert d.x.search_over.reason == "the budget of 2 trials is used up"
    d.commit(0)
    assert not d.x.closed
    d.commit(1)
    assert d.x.closed.reason == "the budget of 2 trials is used up"


def test_the_budget_of_time_lets_trials_finish():
    d = Drive(trials=None, duration=60.0, concurrency=2)
    d.propose()
    d.wait(59)
    assert not d.x.search_over
    d.wait(1)
    assert d.x.search_over.reason == "the budget of 60 s is used up"
    assert not d.x.closed
    d.commit(0)
    assert d.x.closed is not None
    assert d.x.elapsed(d.now + 100) == 60


@pytest.mark.parametrize(
    ("parents", "problem"),
    [
        ((0,), "it names trial 0 as a parent, and there is no such trial (there is none yet)"),
        ((-1,), "it names trial -1 as a parent, and there is no such trial (there is none yet)"),
    ],
)
def test_a_rejected_proposal_is_a_failed_trial(parents, problem):
    d = Drive(concurrency=1)
    d.propose(*parents)
    d.carry_out()
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == f"the proposal was rejected: {problem}"
    assert d.x.trials[0].parents == ()
    assert not d.ever(e.Placed)
    assert d.made(e.ProposalAsked) or d.x.asked == 1


def test_a_parent_named_twice():
    d = Drive()
    d.propose()
    d.propose(0, 0)
    d.carry_out()
    assert d.x.trials[1].reason == ("the proposal was rejected: it names a parent twice: [0, 0]")


def test_a_tuner_counts_as_broken_after_ten_rejected_proposals():
    d = Drive()
    for _ in range(REJECTIONS):
        d.propose(99)
        d.carry_out()
    over = d.x.search_over
    assert over.error
    assert over.reason == (
        "the tuner's last 10 proposals were rejected; the last: it names trial 99 as a parent, "
        "and there is no such trial (the last is 8)"
    )
    assert d.x.closed is not None


def test_a_valid_proposal_resets_the_count_of_rejections_and_a_retry_does_not():
    d = Drive(concurrency=50)
    for _ in range(REJECTIONS - 1):
        d.propose(99)
        d.carry_out()
    d.propose()
    for _ in range(REJECTIONS - 1):
        d.propose(99)
        d.carry_out()
    assert not d.x.search_over
    d.x.apply(e.RetryAsked(at=d.now, trial=0))
    d.propose(99)
    assert d.x.search_over.error


def test_a_broken_tuner_lets_trials_finish():
    d = Drive(concurrency=2)
    d.propose()
    d.event(e.SearchEnded, reason="MyTuner: KeyError 'lr'", error=True)
    assert d.x.asked is None
    assert not d.x.closed
    d.commit(0)
    assert d.x.closed.reason == "MyTuner: KeyError 'lr'"
    assert d.x.search_over.error


def test_the_first_end_of_the_search_counts():
    d = Drive()
    d.propose()
    d.event(e.SearchEnded, reason="converged")
    d.event(e.SearchEnded, reason="its process was killed", error=True)
    assert d.x.search_over.reason == "converged"
    assert not d.x.search_over.error


def test_nothing_is_decided_once_closed():
    d = Drive()
    d.withhold()
    assert not d.wait(1000)


def test_it_closes_only_when_the_nodes_are_free():
    d = Drive(trials=1)
    d.propose()
    d.begin(0)
    d.see(0, "succeeded", number=1)
    assert not d.x.closed
    d.end(0, "committed")
    assert d.x.closed is not None

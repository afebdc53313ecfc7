"""The life of attempts, and messages that arrive twice, late or out of order."""

import itertools

import pytest

from controller.core import events as e
from controller.core.model import AttemptState, Outcome, State
from heirloom.objective import Objective, Objectives
from tests.unit.core.drive import Drive


def test_a_trial_from_its_proposal_to_its_commit():
    d = Drive()
    trial = d.propose(lr=0.1)
    assert d.made(e.Placed) == [e.Placed(at=d.now, trial=0, number=1, node="a")]
    assert d.states() == ["armed"]
    d.arm(trial)
    d.now += 1
    d.begin(trial)
    assert d.states() == ["running"]
    d.now += 1
    decided = d.commit(trial, value=0.9, result={"value": 0.9}, size=12)
    assert e.ResultSent(at=d.now, trial=0) in decided
    done = d.x.trials[0]
    assert (done.state, done.value, done.size, done.weights) == (State.SUCCEEDED, 0.9, 12, True)
    assert (done.started_at, done.ended_at) == (1001.0, 1002.0)
    assert done.attempts[0].outcome is Outcome.COMMITTED
    assert not d.x.on_nodes
    assert d.x.best == 0


def test_messages_of_an_attempt_in_any_order_and_number_lead_to_one_end():
    mail = [
        e.Armed(at=1, trial=0, number=1),
        e.Began(at=2, trial=0, number=1),
        e.Ended(at=3, trial=0, number=1, outcome=Outcome.COMMITTED),
        e.VerdictSeen(at=4, trial=0, state=State.SUCCEEDED, number=1, value=1.0, weights=True),
    ]
    for order in itertools.permutations(mail):
        d = Drive(concurrency=1)
        d.propose()
        for event in (*order, *order):
            d.apply(event)
            assert d.x.counts.total() == 1
            assert all(count >= 0 for count in d.x.counts.values())
        assert d.states() == ["succeeded"]
        assert d.x.placement.taken("a") == 0
        assert [event.trial for event in d.ever(e.ResultSent)] == [0]
        assert len(d.ever(e.Placed)) == 1, order


def test_the_first_report_of_a_start_counts():
    d = Drive()
    d.propose()
    d.begin(0)
    first = d.now
    d.now += 5
    d.begin(0)
    assert d.x.trials[0].started_at == first


def test_a_late_armed_event_does_not_undo_running():
    d = Drive()
    d.propose()
    d.begin(0)
    d.arm(0)
    assert d.x.trials[0].attempts[0].state is AttemptState.RUNNING


def test_the_store_is_checked_after_an_end_without_a_verdict():
    for outcome in ("committed", "stopped", "beaten", "lost"):
        d = Drive(concurrency=1)
        d.propose()
        d.end(0, outcome)
        assert d.made(e.CheckAsked) == [e.CheckAsked(at=d.now, trial=0)]
        assert not d.made(e.Placed)
        d.see(0, "succeeded", number=1)
        assert d.states() == ["succeeded"]
        d.event(e.NoVerdict, trial=0)  # the answer to the check arrives late
        assert len(d.ever(e.Placed)) == 1


def test_a_zombie_that_commits_wins_and_the_next_attempt_is_ended():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=1)
    d.propose()
    d.end(0, "lost", reason="no answer")
    d.carry_out()
    assert d.places() == {0: "b"}
    d.begin(0, 2)
    d.begin(0, 1)
    d.see(0, "succeeded", number=1)
    [end] = d.made(e.EndAsked)
    assert (end.number, end.how, end.reason) == (2, Outcome.CANCELLED, "0.1 committed first")
    assert d.states() == ["succeeded"]
    d.end(0, "committed", number=1)
    assert d.x.trials[0].attempts[0].outcome is Outcome.LOST
    d.end(0, "cancelled", number=2)
    assert not d.x.on_nodes
    assert d.x.placement.taken("b") == 0


def test_a_zombie_that_commits_ends_its_queued_trial():
    d = Drive(nodes={"a": 1}, concurrency=1)
    d.propose()
    d.event(e.NodeDown, node="a", reason="no route")
    d.end(0, "lost")
    d.carry_out()
    assert 0 in d.x.queue
    d.see(0, "succeeded", number=1)
    d.event(e.NodeUp, node="a")
    assert not d.x.on_nodes
    assert len(d.ever(e.Placed)) == 1


def test_a_second_verdict_changes_nothing():
    d = Drive()
    d.propose()
    d.commit(0, value=0.5)
    d.see(0, "failed", reason="no")
    assert d.states() == ["succeeded"]
    assert d.x.trials[0].value == 0.5
    assert len(d.ever(e.ResultSent)) == 1


def test_the_answer_to_a_check_that_was_not_issued_changes_nothing():
    d = Drive(concurrency=1)
    d.propose()
    d.end(0, "lost")
    d.x.commands.checks.issued.clear()
    d.event(e.NoVerdict, trial=0)
    assert len(d.ever(e.Placed)) == 1


def test_reports_are_counted_by_attempt():
    d = Drive()
    d.propose()
    d.event(e.Reported, trial=0, number=1, step=1, value=0.1)
    d.event(e.Reported, trial=0, number=1, step=2, value=0.2)
    attempt = d.x.trials[0].attempts[0]
    assert (attempt.reports, attempt.last) == (2, 0.2)


def test_the_latest_metric_of_each_name_is_known():
    d = Drive()
    d.propose()
    d.event(e.Reported, trial=0, number=1, step=0, value=0.1, metrics={"loss": 2.0, "f1": 0.5})
    metrics = ({"loss": 1.0}, None, {"loss": None, "lr": 0.1}, None)
    many = {"steps": (1, 2, 3, 4), "values": (0.1, 0.2, 0.3, 0.4), "metrics": metrics}
    d.event(e.ReportedMany, trial=0, number=1, **many)
    attempt = d.x.trials[0].attempts[0]
    assert (attempt.reports, attempt.last) == (5, 0.4)
    assert attempt.metrics == {"loss": None, "f1": 0.5, "lr": 0.1}


@pytest.mark.parametrize(
    ("value", "maximize", "best"),
    [([1.0, 3.0, 3.0, 2.0], True, 1), ([2.0, 1.0, None, 1.0], False, 1)],
)
def test_the_best_is_the_earliest_of_the_best_values(value, maximize, best):
    d = Drive(objectives=Objectives((Objective(maximize=maximize),)))
    for trial, each in enumerate(value):
        d.propose()
        d.commit(trial, value=each)
    assert d.x.best == best


UNKNOWN = [
    e.Armed(at=1, trial=7, number=1),
    e.Began(at=1, trial=7, number=1),
    e.Began(at=1, trial=0, number=7),
    e.Began(at=1, trial=-1, number=1),
    e.Began(at=1, trial=0, number=0),
    e.Reported(at=1, trial=7, number=1, step=0, value=None),
    e.Ended(at=1, trial=7, number=1, outcome=Outcome.FAILED),
    e.Ended(at=1, trial=0, number=9, outcome=Outcome.CORRUPT, parent=7),
    e.Ended(at=1, trial=0, number=1, outcome=Outcome.CORRUPT, parent=7),
    e.Ended(at=1, trial=0, number=1, outcome=Outcome.PARENT, parent=-1),
    e.VerdictSeen(at=1, trial=7, state=State.FAILED),
    e.VerdictSeen(at=1, trial=-1, state=State.FAILED),
    e.VerdictSeen(at=1, trial=0, state=State.RUNNING),
    e.NoVerdict(at=1, trial=7),
    e.NoVerdict(at=1, trial=-1),
    e.NodeDown(at=1, node="nowhere", reason="?"),
    e.NodeUp(at=1, node="nowhere"),
    e.StopAdvised(at=1, trial=7, reason="?"),
    e.StopAdvised(at=1, trial=-1, reason="?"),
    e.CancelAsked(at=1, trial=7),
    e.RetryAsked(at=1, trial=7),
    e.RetryAsked(at=1, trial=-1),
    e.Proposed(at=1, trial=7, params={}),
    e.ProposalWithheld(at=1, trial=7),
]


@pytest.mark.parametrize("event", UNKNOWN, ids=repr)
def test_events_about_unknown_trials_attempts_and_nodes_change_nothing(event):
    d = Drive()
    d.propose()
    d.apply(event)
    for trial, number in list(d.x.on_nodes):
        d.commit(trial, number)
    assert d.states() == ["succeeded"]
    assert "nowhere" not in d.x.placement.down

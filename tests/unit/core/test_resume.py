"""A resumed controller continues the state that an earlier one left."""

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import Outcome, State
from tests.unit.core.drive import Drive


def resumed(d, then=(), after=3600.0):
    """The core of a controller that replays the journal of `d`, `after` seconds later.

    Its first turn has the opening and the events of the kinds and fields in `then`.
    """
    again = Drive.__new__(Drive)
    again.x = Experiment(d.x.rules)
    for event in d.log:
        again.x.apply(event)
    again.decisions = Decisions(again.x)
    again.now, again.log, again.decided = d.now + after, list(d.log), []
    more = [kind(at=again.now, **fields) for kind, fields in then]
    again.apply(e.Opened(at=again.now, resumed=True), *more)
    return again


def test_an_unanswered_request_is_repeated():
    d = Drive()
    d.propose()
    again = resumed(d)
    assert again.made(e.ProposalAsked) == [e.ProposalAsked(at=again.now, trial=1)]


def test_a_tuner_that_withheld_is_asked_again():
    d = Drive(concurrency=2)
    d.propose()
    d.withhold()
    assert resumed(d).x.asked == 1


def test_attempts_on_nodes_stay_there():
    d = Drive(concurrency=2)
    d.propose()
    d.begin(0)
    d.propose(0)
    again = resumed(d)
    assert not again.made(e.Placed)
    assert again.places() == {0: "a", 1: "a"}
    again.commit(0)
    again.commit(1)
    assert again.states() == ["succeeded", "succeeded"]


def test_issued_commands_survive_a_resume():
    d = Drive(concurrency=4)
    for _ in range(4):
        d.propose()
    d.end(0, "lost")
    d.event(e.CancelAsked, trial=1)
    d.begin(2)
    d.event(e.StopAdvised, trial=2, reason="hopeless")
    x = resumed(d).x
    assert list(x.commands.checks.issued) == [0]
    assert x.commands.verdicts.issued == {1: (State.CANCELLED, "cancelled by a person")}
    assert x.commands.ends.issued == {(2, 1): (Outcome.STOPPED, "hopeless")}


def test_a_finished_experiment_closes_again_at_once():
    d = Drive(trials=1)
    d.propose()
    d.commit(0)
    again = resumed(d)
    assert [type(event) for event in again.decided] == [e.Closed]


def test_a_broken_tuner_is_asked_again_after_a_resume():
    d = Drive()
    for _ in range(10):
        d.propose(99)
        d.carry_out()
    assert d.x.closed is not None
    again = resumed(d)
    assert not again.x.closed
    assert again.x.asked == 10


def test_a_search_that_was_stopped_goes_on_with_new_trials():
    d = Drive(trials=2, concurrency=1)
    d.propose()
    d.event(e.StopAsked, reason="enough")
    d.carry_out()
    d.end(0, "cancelled")
    again = resumed(d)
    assert again.x.stopping is None
    again.propose()
    again.commit(1)
    again.propose()  # the cancelled trial has used up nothing
    again.commit(2)
    assert again.states() == ["cancelled", "succeeded", "succeeded"]
    assert again.x.closed is not None


def test_time_without_a_controller_is_not_spent():
    d = Drive(trials=None, duration=100.0, concurrency=1)
    d.propose()
    d.wait(40)
    d.begin(0)
    again = resumed(d, after=9999.0)
    assert again.x.elapsed(again.now) == 40
    again.wait(59)
    assert not again.x.search_over
    again.wait(1)
    assert again.x.search_over.reason == "the budget of 100 s is used up"


def test_time_stands_still_after_the_end():
    d = Drive(trials=1)
    d.propose()
    d.now += 10
    d.commit(0)
    assert d.x.elapsed(d.now + 500) == 10
    again = resumed(d)
    assert again.x.elapsed(again.now + 500) == 10


def test_a_result_is_sent_once():
    d = Drive(concurrency=1)
    d.propose()
    d.commit(0)
    again = resumed(d)
    assert [event.trial for event in again.ever(e.ResultSent)] == [0]


def test_nodes_stay_down_across_a_resume_until_they_answer():
    d = Drive(nodes={"a": 1, "b": 1})
    d.event(e.NodeDown, node="a", reason="no route")
    again = resumed(d)
    again.event(e.NodesFound, nodes=tuple(d.x.placement.nodes.values()))
    assert again.x.placement.down == {"a": "no route"}

"""The last trials of a search, which the tuner proposes when its budget is used up."""

from controller.core import events as e
from controller.core.experiment import Experiment
from tests.unit.core.drive import Drive

LAST = (e.LastTrial({"final": True}, (0,)), e.LastTrial({"final": False}))


def searched(**rules):
    """A search of one trial, at whose end the tuner is asked for the last trials."""
    d = Drive(trials=1, **rules)
    d.event(e.TunerDeclared, concludes=True)
    d.propose()
    assert not d.ever(e.ConclusionAsked)  # a trial is under way
    d.commit(0)
    return d


def reopen(d):
    """Another controller resumes the experiment."""
    d.apply(e.Opened(at=d.now, resumed=True), e.TunerDeclared(at=d.now, concludes=True))


def test_the_last_trials_are_requested_once_the_tuner_has_every_result():
    d = searched()
    assert [type(event) for event in d.decided] == [e.ResultSent, e.ConclusionAsked]
    assert not d.wait(1000)
    d.event(e.Concluded, trials=LAST)
    assert [event.parents for event in d.made(e.Proposed)] == [(0,), ()]
    assert len(d.made(e.SearchEnded)) == 1
    assert d.x.counted_trials == 1
    d.commit(1)
    d.commit(2)
    assert {event.trial for event in d.ever(e.ResultSent)} == {0, 1, 2}
    assert d.x.closed.reason == "the budget of 1 trials is used up"


def test_a_tuner_without_last_trials_ends_the_search():
    d = searched()
    d.event(e.Concluded)
    assert d.x.closed is not None


def test_a_tuner_that_declares_nothing_is_not_asked():
    d = Drive(trials=1)
    d.propose()
    d.commit(0)
    assert d.x.closed is not None
    assert not d.ever(e.ConclusionAsked)


def test_a_search_that_its_tuner_ends_has_no_last_trials():
    d = Drive()
    d.event(e.TunerDeclared, concludes=True)
    d.withhold()
    assert d.x.closed is not None


def test_a_kill_before_the_answer_repeats_the_request():
    d = searched()
    reopen(d)
    assert len(d.ever(e.ConclusionAsked)) == 2
    d.event(e.Concluded, trials=LAST)
    assert len(d.x.trials) == 3


def test_a_kill_after_the_answer_asks_no_second_time():
    d = searched()
    d.event(e.Concluded, trials=LAST)
    d.commit(1)
    reopen(d)
    d.commit(2)
    assert d.x.closed is not None
    assert len(d.x.trials) == 3
    assert len(d.ever(e.ConclusionAsked)) == 1


def test_an_answer_in_a_pause_waits_for_its_end():
    d = searched(keep_best=1)
    d.event(e.Paused, reason="they fail alike", trials=(0,))
    d.event(e.Concluded, trials=LAST)
    assert len(d.x.trials) == 1
    d.event(e.Opened, resumed=True)
    assert len(d.x.trials) == 3


def test_a_stop_amid_the_last_trials_repeats_the_request_at_a_resume():
    d = searched()
    d.event(e.Concluded, trials=LAST)
    d.event(e.StopAsked, reason="stopped by a person")
    d.carry_out()
    for trial in (1, 2):
        d.end(trial, "cancelled")
    assert d.x.closed is not None
    reopen(d)
    assert len(d.ever(e.ConclusionAsked)) == 2


def test_an_extended_search_has_another_end():
    d = searched()
    d.event(e.Concluded, trials=LAST[1:])
    d.event(e.BudgetExtended, trials=2)
    assert d.x.asked == 2
    d.propose()
    d.commit(1)
    d.commit(2)
    assert len(d.ever(e.ConclusionAsked)) == 2


def test_a_proposal_that_comes_after_the_request_is_dropped():
    d = Drive(trials=None, duration=50)
    d.event(e.TunerDeclared, concludes=True)
    d.wait(60)
    assert d.made(e.ConclusionAsked)
    d.event(e.Proposed, trial=0, params={})
    assert not d.x.trials


def test_a_proposal_that_comes_with_the_answer_is_dropped():
    d = searched()
    late = e.Proposed(at=d.now, trial=1, params={"x": 9})
    d.apply(e.Concluded(at=d.now, trials=LAST), late)
    assert [dict(trial.params) for trial in d.x.trials[1:]] == [dict(last.params) for last in LAST]


def test_a_replay_has_the_same_trials():
    d = searched()
    d.event(e.Concluded, trials=LAST)
    again = Experiment(d.x.rules)
    for event in d.log:
        again.apply(event)
    assert again.trials == d.x.trials
    assert vars(again.conclusion) == vars(d.x.conclusion)


def test_the_declared_lookahead_counts_where_the_experiment_has_none():
    d = Drive({"a": 2})
    assert d.x.placement.capacity == 4
    d.event(e.TunerDeclared, lookahead=0)
    assert d.x.placement.capacity == 2
    d.event(e.Opened, resumed=True)
    assert d.x.placement.capacity == 4
    set_by_file = Drive({"a": 2}, lookahead=1)
    set_by_file.event(e.TunerDeclared, lookahead=0)
    assert set_by_file.x.placement.capacity == 3


def test_a_clock_that_is_put_back_reopens_a_search_that_waits_for_its_last_trials():
    d = Drive(trials=None, duration=60.0, concurrency=1)
    d.event(e.TunerDeclared, concludes=True)
    d.propose()
    d.now += 60
    d.commit(0)
    assert len(d.ever(e.ConclusionAsked)) == 1
    d.now -= 50
    d.event(e.ControllerAlive)
    assert d.x.asked == 1
    d.event(e.Concluded, trials=LAST)  # of the end that is none
    assert len(d.x.trials) == 1
    d.propose()
    d.now += 60
    d.commit(1)
    assert len(d.ever(e.ConclusionAsked)) == 2
    d.event(e.Concluded, trials=LAST[1:])
    assert len(d.x.trials) == 3

"""Imported trials: committed before the first proposal, outside the budget, never run."""

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import Keep, Origin
from tests.unit.core.drive import Drive


def importing(*values, **rules):
    """A search that imports trials with these values, before anything is imported."""
    d = Drive(**rules)
    opened, d.log = d.log, []
    d.x = Experiment(d.x.rules)
    d.decisions = Decisions(d.x)
    asked = e.ImportAsked(
        at=d.now,
        experiment="cnn",
        root="/store/ann/cnn-1",
        trials=tuple(range(7, 7 + len(values))),
        candidates=tuple({"x": v} for v in values),
    )
    d.apply(asked, *[event for event in opened if isinstance(event, e.Opened | e.NodesFound)])
    return d


def take(d, trial, value):
    return d.event(e.Imported, trial=trial, value=value, size=10)


def test_nothing_is_proposed_before_all_are_imported():
    d = importing(0.5, 0.9)
    assert not d.decided
    take(d, 0, 0.5)
    assert d.x.asked is None
    take(d, 1, 0.9)
    assert d.made(e.ResultSent) == [e.ResultSent(at=d.now, trial=1)]
    assert d.x.asked == 2


def test_an_imported_trial_is_committed_and_outside_the_budget():
    d = importing(0.5, 0.9, trials=1)
    take(d, 0, 0.5)
    take(d, 1, 0.9)
    assert d.states() == ["succeeded", "succeeded"]
    assert d.x.best == 1
    assert d.x.trials[1].origin == Origin("cnn", "/store/ann/cnn-1", 8)
    assert d.x.trials[1].reason == "imported from trial 8 of cnn"
    d.propose(1)
    assert d.ever(e.Placed) == [
        e.Placed(at=d.now, trial=2, number=1, node="a", restore=(1,)),
    ]
    assert d.x.search_over.reason == "the budget of 1 trials is used up"
    d.commit(2)
    assert d.x.closed is not None


def test_an_import_that_is_reported_twice_or_out_of_turn_changes_nothing():
    d = importing(0.5, 0.9)
    take(d, 1, 0.9)
    take(d, 0, 0.5)
    take(d, 0, 0.5)
    assert len(d.x.trials) == 1
    take(d, 1, 0.9)
    take(d, 2, 0.9)
    assert len(d.x.trials) == 2


def test_a_policy_that_keeps_weights_counts_imported_trials():
    d = importing(0.5, 0.9, trials=1, keep=Keep.BEST, keep_best=1)
    take(d, 0, 0.5)
    take(d, 1, 0.9)
    d.propose(0)
    d.commit(2, value=0.1)
    [removal] = d.ever(e.RemovalAsked)
    assert removal.trials == (0, 2)


def test_a_search_that_is_stopped_during_an_import_ends():
    d = importing(0.5)
    d.event(e.StopAsked, reason="stopped by a person")
    assert d.x.closed is not None

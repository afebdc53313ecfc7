"""A trial without parents starts from the committed trial whose params are nearest."""

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Inherit, Keep, Rules, State, Trial
from controller.core.nearest import Nearest, Neighbour
from heirloom.objective import Objectives
from heirloom.space import parse
from tests.unit.core.drive import Drive

POOL = {"_name": "pool", "k": {"_type": "choice", "_value": [2]}}
CONV = {"_name": "conv", "k": {"_type": "randint", "_value": [1, 6]}}
SPACE = parse(
    {
        "x": {"_type": "uniform", "_value": [0, 10]},
        "rate": {"_type": "loguniform", "_value": [1e-4, 1]},
        "act": {"_type": "choice", "_value": ["relu", "tanh", 1, True]},
        "op": {"_type": "choice", "_value": [CONV, POOL]},
    }
)
X = parse({"x": {"_type": "uniform", "_value": [0, 10]}})


def distance(one, other, space=SPACE, limit=1.0):
    rules = Rules(inherit=Inherit.NEAREST, inherit_limit=limit, space=space)
    made = [
        Trial(number, params, (), (), State.SUCCEEDED, 0.0, weights=True)
        for number, params in enumerate((other, one))
    ]
    found = Nearest(rules).choose(made, made[1], [0])
    return None if found is None else found.distance


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ({"x": 2}, {"x": 2}, 0.0),
        ({"x": 2}, {"x": 7}, 0.5),
        ({"x": 10**400}, {"x": 10**400}, 0.0),
        ({"x": -5}, {"x": 15}, 1.0),
        ({"rate": 0.01}, {"rate": 0.0001}, 0.5),
        ({"act": "relu"}, {"act": "tanh"}, 1.0),
        ({"act": 1}, {"act": True}, 1.0),
        ({"x": 2, "act": "relu"}, {"act": "relu", "x": 7}, 0.25),
        ({"x": 2, "act": "relu"}, {"x": 2}, 0.5),
        ({"x": 2, "own": [1, 2]}, {"x": 2, "own": [1, 2]}, 0.0),
        ({"x": 2, "own": [1, 2]}, {"x": 2, "own": [1, 3]}, 0.5),
        ({"x": "wide"}, {"x": 2}, 1.0),
        ({"op": {"_name": "conv", "k": 1}}, {"op": {"_name": "conv", "k": 5}}, 0.5),
        ({"op": {"_name": "conv", "k": 2}}, {"op": {"_name": "pool", "k": 2}}, 1.0),
        (
            {"x": 2, "op": {"_name": "conv", "k": 2}},
            {"x": 2, "op": {"_name": "pool", "k": 2}},
            0.75,
        ),
        ({"x": 3, "rate": 1.0}, {"x": 2, "act": 1}, (0.1 + 1 + 1) / 3),
        ({}, {}, 0.0),
    ],
)
def test_the_distance_is_the_mean_over_the_parameters(one, other, expected):
    assert distance(one, other) == pytest.approx(expected)
    assert distance(other, one) == pytest.approx(expected)


def test_a_normal_distribution_has_shares_in_place_of_a_range():
    space = parse({"x": {"_type": "normal", "_value": [0, 1]}})
    assert distance({"x": 0}, {"x": 1.0}, space) == pytest.approx(0.3413, abs=1e-4)


def test_a_trial_beyond_the_limit_is_no_parent():
    assert distance({"x": 2}, {"x": 7}, X, limit=0.5) == 0.5
    assert distance({"x": 2}, {"x": 7.1}, X, limit=0.5) is None


def searching(limit=1.0, **rules):
    return Drive(
        {"a": 1}, inherit=Inherit.NEAREST, inherit_limit=limit, space=X, lookahead=0, **rules
    )


def searched(*values, **rules):
    """A search in which a trial with each x has succeeded, with the value that belongs to it."""
    d = searching(**rules)
    for x, value in values:
        d.commit(d.propose(x=x), value=value)
    return d


def remove(d, trial):
    """Collect garbage, of which the trial must be part."""
    d.event(e.GcAsked)
    asked = d.ever(e.ParentsAsked)[-1]
    d.event(e.ParentsAnswered, trials=asked.trials, possible=())
    [removal] = d.made(e.RemovalAsked)
    assert trial in removal.trials
    d.event(e.Removed, trials=removal.trials)


def parents(d):
    return {(event.trial, event.number): event.restore for event in d.ever(e.Placed)}


def test_the_nearest_trial_is_chosen_at_placement():
    d = searched((1, 0.5), (5, 0.5), (8, 0.5))
    d.propose(x=6)
    [placed] = d.made(e.Placed)
    assert (placed.restore, placed.distance) == ((1,), pytest.approx(0.1))
    trial = d.x.trials[3]
    assert (trial.parents, trial.restore, trial.distance) == ((), (1,), pytest.approx(0.1))
    d.commit(3)
    assert d.x.trials[3].restored == (1,)


def test_the_better_one_of_two_equally_near_trials_is_chosen():
    d = searched((4, 0.1), (8, 0.9), (8, 0.9))
    d.propose(x=6)
    assert parents(d)[3, 1] == (1,)
    d = searched((4, 0.1), (8, 0.9), objectives=Objectives.parse("minimize"))
    d.propose(x=6)
    assert parents(d)[2, 1] == (0,)


def test_parents_that_the_tuner_names_stay():
    d = searched((1, 0.5), (5, 0.5))
    d.propose(0, x=5)
    [placed] = d.made(e.Placed)
    assert (placed.restore, placed.distance) == ((0,), None)


def test_only_committed_trials_whose_weights_stand_are_parents():
    d = searching()
    d.commit(d.propose(x=1), weights=False)
    d.begin(d.propose(x=1))
    d.end(1, "failed")
    d.carry_out()
    d.begin(d.propose(x=1))
    d.see(2, "stopped", 1, weights=True)
    d.end(2, "stopped")
    d.propose(x=1)
    assert parents(d)[3, 1] == ()


def test_every_attempt_of_a_trial_starts_from_the_same_weights():
    d = searched((1, 0.5), (9, 0.5), retries=1)
    d.propose(x=6)
    d.x.standing[2] = None  # itself; a later trial would be nearer still
    d.begin(2)
    d.end(2, "failed")
    assert parents(d)[2, 2] == (1,)
    assert d.x.trials[2].distance == pytest.approx(0.3)


def test_an_attempt_that_started_from_nothing_is_repeated_from_nothing():
    d = searching(retries=1)
    d.propose(x=6)
    d.begin(0)
    d.end(0, "failed")
    assert parents(d) == {(0, 1): (), (0, 2): ()}


def test_another_parent_is_chosen_when_the_weights_of_the_first_are_damaged():
    d = searched((1, 0.5), (5, 0.5))
    d.propose(x=6)
    d.end(2, "corrupt", reason="digest", parent=1)
    assert parents(d)[2, 2] == (1,)
    d.end(2, "corrupt", number=2, reason="digest", parent=1)
    assert d.x.trials[1].damaged
    assert parents(d)[2, 3] == (0,)


def test_a_requested_retry_starts_where_the_trial_started():
    d = searched((1, 0.5), (5, 0.5))
    d.commit(d.propose(x=6))
    d.event(e.RetryAsked, trial=2)
    d.commit(d.propose(x=6))
    assert d.x.trials[4].retry_of == 2
    assert parents(d)[4, 1] == (1,)
    assert d.x.trials[4].distance == pytest.approx(0.1)


def test_a_retry_of_a_trial_that_started_from_nothing_does_so_too():
    d = searching()
    d.commit(d.propose(x=6))
    d.event(e.RetryAsked, trial=0)
    d.commit(d.propose(x=6))
    assert parents(d) == {(0, 1): (), (1, 1): (0,), (2, 1): ()}


def test_a_retry_is_never_its_own_parent():
    d = searched((1, 0.5), (5, 0.5), keep=Keep.BEST, keep_best=1)
    d.commit(d.propose(x=6), value=0.9)
    remove(d, 1)
    d.event(e.RetryAsked, trial=2)
    d.commit(d.propose(x=0))
    assert d.x.trials[4].retry_of == 2
    assert parents(d)[4, 1] == (3,)


def test_a_retry_of_a_rejected_retry_starts_from_the_nearest_trial():
    d = searched((1, 0.5), (5, 0.9), keep=Keep.BEST, keep_best=1)
    d.commit(d.propose(0, 1, x=6), value=0.1)
    remove(d, 0)
    for trial in (2, 3):
        d.event(e.RetryAsked, trial=trial)
        d.withhold()  # the request of a user waits for the tuner's answer
        d.wait(1)
        d.carry_out()
    assert [trial.retry_of for trial in d.x.trials[3:]] == [2, 3]
    assert (d.x.trials[3].state, d.x.trials[3].restore) == ("failed", ())
    placed = d.ever(e.Placed)[-1]
    assert (placed.trial, placed.restore, placed.distance) == (4, (1,), pytest.approx(0.1))


def test_a_later_trial_is_no_parent():
    d = Drive({"a": 2}, inherit=Inherit.NEAREST, space=X, lookahead=0, retries=1)
    d.propose(x=6)
    d.commit(d.propose(x=6))
    rules = Rules(inherit=Inherit.NEAREST, space=X)
    assert Nearest(rules).choose(d.x.trials, d.x.trials[0], d.x.standing) is None


def test_a_removed_trial_is_no_parent():
    d = searched((1, 0.5), (5, 0.9), keep=Keep.BEST, keep_best=1)
    remove(d, 0)
    d.propose(x=1)
    assert parents(d)[2, 1] == (1,)


def test_imported_trials_may_be_parents():
    d = Drive(inherit=Inherit.NEAREST, space=X)
    d.event(e.ImportAsked, experiment="other", root="/x", trials=(7,), candidates=({"x": 3},))
    d.event(e.Imported, trial=0, value=1.0, size=1)
    d.event(e.Proposed, trial=1, params={"x": 4})
    assert Nearest(d.x.rules).choose(d.x.trials, d.x.trials[1], d.x.standing) == Neighbour(0, 0.1)


def test_a_replay_repeats_the_choice():
    d = searched((1, 0.5), (5, 0.5), (8, 0.5))
    d.propose(x=6)
    again = Experiment(d.x.rules)
    for event in d.log:
        again.apply(event)
    assert again.trials == d.x.trials
    assert again.standing == d.x.standing


def test_from_none_switches_the_parents_of_the_tuner_off():
    d = Drive({"a": 1}, inherit=Inherit.NONE, keep=Keep.BEST, keep_best=1, lookahead=0)
    d.commit(d.propose(), value=0.5)
    d.commit(d.propose(0), value=0.9)
    assert (d.x.trials[1].parents, parents(d)[1, 1]) == ((), ())
    d.event(e.GcAsked)  # no trial can start from trial 0: the tuner is not asked
    assert d.made(e.RemovalAsked)[0].trials == (0,)

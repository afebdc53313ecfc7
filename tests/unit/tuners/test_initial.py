"""Candidates that a user gives are proposed first, and are the tuner's own."""

import pytest

from heirloom.tuners.batch import Batch
from heirloom.tuners.evolution import Evolution
from heirloom.tuners.grid import Grid
from heirloom.tuners.interface import Result, SearchFinished
from heirloom.tuners.optuna import TPE
from heirloom.tuners.random import Random

CHOICES = {
    "lr": {"_type": "choice", "_value": [0.1, 0.2, 0.3]},
    "layer": {
        "_type": "choice",
        "_value": [
            {"_name": "none"},
            {"_name": "conv", "kernel": {"_type": "choice", "_value": [3, 5]}},
        ],
    },
}
GOOD = [
    {"lr": 0.2, "layer": {"_name": "conv", "kernel": 5}},
    {"lr": 0.3, "layer": {"_name": "none"}},
]


def made(kind, space=None, initial=GOOD, **args):
    return kind(space or CHOICES, seed=1, maximize=True, initial=initial, **args)


@pytest.mark.parametrize("kind", [Random, Grid, Evolution, TPE])
def test_they_come_first_in_their_order(kind):
    tuner = made(kind)
    assert [tuner.propose(trial).params for trial in range(2)] == GOOD
    assert tuner.propose(2) is not None


@pytest.mark.parametrize("kind", [Random, Grid, Evolution, TPE])
def test_one_that_does_not_fit_is_refused(kind):
    with pytest.raises(ValueError, match="candidate 1: lr: must be one of"):
        made(kind, initial=[GOOD[0], {**GOOD[1], "lr": 0.4}])


def test_a_grid_proposes_each_combination_once():
    tuner = made(Grid)
    found = [tuner.propose(trial).params for trial in range(9)]
    assert found[:2] == GOOD
    assert len({str(params) for params in found}) == 9
    with pytest.raises(SearchFinished):
        tuner.propose(9)


def test_a_batch_starts_with_some_of_its_list():
    listed = [{"lr": 0.1}, {"lr": 0.2}, {"lr": 0.3}]
    space = {"batch": {"_type": "choice", "_value": listed}}
    tuner = made(Batch, space, initial=[{"lr": 0.3}])
    assert [tuner.propose(trial).params["lr"] for trial in range(3)] == [0.3, 0.1, 0.2]
    with pytest.raises(ValueError, match="initial: candidate 0: must be one of the candidates"):
        made(Batch, space, initial=[{"lr": 0.4}])


def result(trial, params, value, **more):
    return Result(trial, "succeeded", value, params, weights=True, **more)


def test_they_enter_the_population():
    tuner = made(Evolution, population=2)
    for trial, params in enumerate(GOOD):
        tuner.propose(trial)
        tuner.observe(result(trial, params, 0.5))
    assert tuner.propose(2).parents in [(0,), (1,)]


def test_an_imported_trial_enters_the_population_too():
    tuner = made(Evolution, initial=(), population=1)
    tuner.observe(result(0, GOOD[0], 0.5, imported=True))
    assert tuner.propose(1).parents == (0,)


def test_a_sampler_learns_from_given_and_from_imported_trials():
    space = {"x": {"_type": "uniform", "_value": [0, 1]}, **CHOICES}
    tuner = made(TPE, space, initial=[{"x": 0.25, **GOOD[0]}], startup=0)
    tuner.observe(result(0, {"x": 0.75, **GOOD[1]}, 0.9, imported=True))
    tuner.propose(1)
    tuner.observe(result(1, {"x": 0.25, **GOOD[0]}, 0.1))
    tuner.observe(result(2, {"x": 0.25, **GOOD[0]}, 0.1))  # a trial that `retry` added
    known = tuner._study.get_trials()
    assert [(trial.params["x"], trial.params["lr"], trial.value) for trial in known] == [
        (0.75, 2, 0.9),
        (0.25, 1, 0.1),
    ]

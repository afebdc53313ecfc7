"""ASHA, algorithm 2 of the paper."""

from __future__ import annotations

import pytest

from heirloom.tuners.interface import Result
from heirloom.tuners.methods.asha import Asha
from tests.unit.tuners.methods.play import Play

SPACE = {"x": {"_type": "uniform", "_value": [0, 1]}}
RESOURCE = {"name": "epochs", "min": 1, "max": 9, "eta": 3}


def asha(**arguments):
    settings = {"seed": 1, "maximize": True, "resource": RESOURCE, **arguments}
    return Asha(SPACE, **settings)


def amounts(proposal):
    return proposal.params["epochs_from"], proposal.params["epochs"]


def test_the_best_of_three_is_promoted_and_goes_on_from_its_weights():
    play = Play(asha(), lambda params: params["x"]).run(4)
    first = play.proposals[:3]
    assert [amounts(proposal) for proposal in first] == [(0, 1)] * 3
    best = max(range(3), key=lambda trial: first[trial].params["x"])
    assert play.proposals[3].parents == (best,)
    assert play.proposals[3].params["x"] == first[best].params["x"]
    assert amounts(play.proposals[3]) == (1, 3)


def test_the_highest_rung_comes_first():
    play = Play(asha(), lambda params: params["x"]).run(30)
    untils = [proposal.params["epochs"] for proposal in play.proposals]
    third = [index for index, until in enumerate(untils) if until == 3][2]
    assert 9 not in untils[: third + 1]
    assert amounts(play.proposals[third + 1]) == (3, 9)
    second_rung = [
        proposal for proposal in play.proposals[: third + 1] if amounts(proposal) == (1, 3)
    ]
    assert play.proposals[third + 1].params["x"] == max(each.params["x"] for each in second_rung)


def test_a_candidate_is_promoted_once():
    play = Play(asha(), lambda params: params["x"], slots=4).run(60)
    parents = [parent for proposal in play.proposals for parent in proposal.parents]
    assert len(parents) == len(set(parents)) > 10


def test_smaller_is_better_where_the_objective_is_minimized():
    play = Play(asha(maximize=False), lambda params: params["x"]).run(4)
    assert play.proposals[3].params["x"] == min(each.params["x"] for each in play.proposals)


def test_trials_that_fail_are_not_promoted():
    play = Play(asha(), lambda params: params["x"]).run(30, fails=lambda trial: trial % 2 == 0)
    failed = {result.trial_id for result in play.results if result.state == "failed"}
    assert failed.isdisjoint(parent for proposal in play.proposals for parent in proposal.parents)


def test_weights_are_needed_until_the_promotion():
    tuner = asha()
    play = Play(tuner, lambda params: params["x"]).run(4)
    [promoted] = play.proposals[3].parents
    assert not tuner.may_be_parent(promoted)
    assert all(tuner.may_be_parent(trial) for trial in range(4) if trial != promoted)


def test_the_lowest_rung_may_have_more():
    play = Play(asha(early_stopping_rate=1), lambda params: params["x"]).run(3)
    assert {proposal.params["epochs"] for proposal in play.proposals} == {3}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"resource": None}, "add resource to the experiment file"),
        ({"resource": {**RESOURCE, "max": 2}}, "asha needs two"),
        ({"early_stopping_rate": 2}, "asha needs two"),
        ({"resource": {**RESOURCE, "name": "x"}}, "x is set by the tuner"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        asha(**arguments)


def test_an_imported_trial_joins_the_rung_of_its_amount():
    tuner = asha()
    for trial, epochs in enumerate([1, 3, 3, 3, 2]):
        params = {"x": trial / 10, "epochs_from": 0, "epochs": epochs}
        tuner.observe(Result(trial, "succeeded", params["x"], params, weights=True, imported=True))
    proposal = tuner.propose(5)
    assert (proposal.parents, amounts(proposal)) == ((3,), (3, 9))
    assert amounts(tuner.propose(6)) == (0, 1)  # the other rungs have too few
    assert [tuner.may_be_parent(trial) for trial in range(5)] == [True, True, True, False, False]

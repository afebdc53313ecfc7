"""Population based training: exploit and explore."""

from __future__ import annotations

import random

import pytest

from heirloom.space import contains, parse, perturb
from heirloom.tuners.interface import Result
from heirloom.tuners.methods.pbt import Pbt
from tests.unit.tuners.methods.play import Play

SPACE = {
    "rate": {"_type": "loguniform", "_value": [0.001, 1.0]},
    "units": {"_type": "choice", "_value": [8, 16, 32]},
}
RESOURCE = {"name": "epochs", "min": 2, "max": 10, "eta": 3}


def pbt(**arguments):
    settings = {"seed": 3, "maximize": True, "resource": RESOURCE, "population": 5, **arguments}
    return Pbt(SPACE, **settings)


def rate(params):
    return params["rate"]


def test_each_member_is_trained_whole_and_then_the_search_ends():
    for slots in (1, 3, 9):
        play = Play(pbt(), rate, slots=slots).run(100)
        assert play.finished == "every member is trained"
        assert len(play.proposals) == 5 * 5
        untils = sorted(proposal.params["epochs"] for proposal in play.proposals)
        assert untils == sorted([2, 4, 6, 8, 10] * 5)


def test_a_member_goes_on_from_its_own_weights_unless_it_is_among_the_worst():
    play = Play(pbt(), rate).run(10)
    first, second = play.proposals[:5], play.proposals[5:]
    values = [proposal.params["rate"] for proposal in first]
    worst, best = values.index(min(values)), values.index(max(values))
    for member, proposal in enumerate(second):
        if member == worst:
            assert proposal.parents == (best,)
            assert proposal.params["rate"] != first[worst].params["rate"]
        else:
            assert proposal.parents == (member,)
            assert proposal.params["rate"] == first[member].params["rate"]
        assert (proposal.params["epochs_from"], proposal.params["epochs"]) == (2, 4)


def test_exploring_multiplies_by_a_factor_or_draws_anew():
    space = parse(SPACE)
    rng = random.Random(1)
    kept = perturb(space, {"rate": 0.1, "units": 16}, rng, resample=0, factors=[0.8, 1.2])
    assert kept["rate"] in (pytest.approx(0.08), pytest.approx(0.12))
    assert kept["units"] in (8, 32)
    drawn = [
        perturb(space, {"rate": 0.1, "units": 16}, rng, resample=0.25, factors=[0.8, 1.2])["rate"]
        for _ in range(400)
    ]
    kept_count = sum(round(value, 6) in (0.08, 0.12) for value in drawn)
    assert 0.65 < kept_count / 400 < 0.85
    assert all(contains(space, {"rate": value, "units": 8}) for value in drawn)


def test_exploring_stays_within_the_bounds_and_moves_whole_numbers():
    space = parse(
        {
            "n": {"_type": "randint", "_value": [0, 5]},
            "q": {"_type": "quniform", "_value": [0, 1, 0.5]},
            "op": {
                "_type": "choice",
                "_value": [{"_name": "a", "k": {"_type": "randint", "_value": [1, 9]}}, "b"],
            },
        }
    )
    rng = random.Random(2)
    for _ in range(50):
        params = {"n": 1, "q": 0.5, "op": {"_name": "a", "k": 4}}
        found = perturb(space, params, rng, resample=0, factors=[0.8, 1.2])
        assert contains(space, found)
        assert found["n"] in (0, 2)
        assert found["q"] in (0.0, 1.0)
        assert found["op"]["k"] in (3, 5)


def test_a_member_whose_trial_fails_is_replaced_by_a_good_one():
    play = Play(pbt(), rate, slots=5).run(100, fails=lambda trial: trial in (0, 6))
    assert play.finished
    assert len(play.proposals) == 5 * 5 + 2
    untils = sorted(result.params["epochs"] for result in play.results if result.weights)
    assert untils == sorted([2, 4, 6, 8, 10] * 5)


def test_a_lost_member_goes_on_from_the_best_one():
    play = Play(pbt(), rate).run(6, fails=lambda trial: trial == 4)
    values = {trial: play.proposals[trial].params["rate"] for trial in range(4)}
    best = max(values, key=lambda trial: values[trial])
    lost = play.proposals[5]
    assert lost.parents == (best,)
    assert lost.params["rate"] != values[best]
    assert lost.params["epochs"] == 2  # its own progress is what it was


@pytest.mark.parametrize("population", [2, 3, 12])
@pytest.mark.parametrize("slots", [1, 4, 30])
def test_any_number_of_members_is_trained_on_any_number_of_slots(population, slots):
    play = Play(pbt(population=population), rate, slots=slots)
    play.run(1000, fails=lambda trial: trial % 7 == 6)
    trained = [result.params["epochs"] for result in play.results if result.weights]
    assert play.finished == "every member is trained"
    assert sorted(trained) == sorted([2, 4, 6, 8, 10] * population)


def test_a_member_is_trained_whole_while_another_has_not_begun():
    tuner = pbt(population=2)
    assert tuner.propose(0) is not None  # it runs all the time
    for trial in range(1, 6):
        proposal = tuner.propose(trial)
        assert proposal is not None
        assert proposal.params["epochs"] == 2 * trial
        tuner.observe(Result(trial, "succeeded", 0.5, proposal.params, weights=True))
    assert tuner.propose(6) is None


def test_a_search_whose_trials_all_fail_ends():
    play = Play(pbt(), rate).run(1000, fails=lambda trial: trial > 6)
    assert play.finished == "15 trials in a row failed"
    assert len(play.proposals) == 7 + 15


def test_no_member_waits_for_another():
    tuner = pbt(population=2)
    play = Play(tuner, rate)
    assert tuner.propose(0) is not None
    first = tuner.propose(1)
    assert first is not None
    assert tuner.propose(2) is None  # both are under way
    play.proposals = [first, first]
    play._end(1, lambda trial: False)
    again = tuner.propose(2)
    assert again is not None
    assert again.parents == (1,)


def test_weights_of_members_are_needed():
    tuner = pbt()
    play = Play(tuner, rate).run(10)
    assert all(tuner.may_be_parent(trial) for trial in range(5, 10))
    assert not any(tuner.may_be_parent(trial) for trial in range(5))
    assert len(play.results) == 10


def test_the_same_seed_and_results_give_the_same_search():
    one, other = (Play(pbt(), rate, slots=3).run(100).proposals for _ in range(2))
    assert one == other


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"population": 1}, "at least 2"),
        ({"quantile": 0.7}, "at most 0.5"),
        ({"resample": 2}, "from 0 to 1"),
        ({"factors": [0, 1]}, "above 0"),
        ({"resource": None}, "add resource"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        pbt(**arguments)


def test_members_begin_as_the_imported_trials():
    tuner = pbt(population=3)
    for trial, weights in enumerate([False, True, True]):
        params = {"rate": 0.1 + trial, "units": 8, "epochs_from": 2, "epochs": 4}
        tuner.observe(Result(trial, "succeeded", 0.5, params, weights=weights, imported=True))
    proposals = [tuner.propose(trial) for trial in (3, 4, 5)]
    assert [proposal.parents for proposal in proposals] == [(1,), (2,), ()]
    assert proposals[0].params == {"rate": 1.1, "units": 8, "epochs_from": 0, "epochs": 2}

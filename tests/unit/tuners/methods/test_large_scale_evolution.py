"""Large-scale evolution: pairs, removals and children."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from heirloom.space import contains, parse
from heirloom.space.network import MUTATIONS, insert, linear, parameters, read
from heirloom.tuners.interface import Proposal, Result
from heirloom.tuners.methods.large_scale_evolution import NAMES, LargeScaleEvolution
from tests.unit.tuners.methods.play import Play

SPACE = {
    "network": {"layers": {"input": [3, 16, 16], "classes": 10}},
    "rate": {"loguniform": [0.01, 1.0]},
    "flip": [True, False],
}
PARSED = parse(SPACE, layers=True)
LINEAR = linear((3, 16, 16), 10).to_json()


def evolution(**arguments: Any) -> LargeScaleEvolution:
    settings: dict[str, Any] = {"seed": 3, "maximize": True, "population": 4, **arguments}
    return LargeScaleEvolution(SPACE, **settings)


def size(params: Any) -> float:
    return math.log(parameters(read(params["network"])))


def grown(filters: int) -> dict[str, Any]:
    """A candidate with a convolution."""
    options: dict[str, Any] = {"kernel": (3, 3), "stride": 1, "activation": "bn_relu"}
    network = insert(linear((3, 16, 16), 10), "conv", [0], filters=filters, **options)
    return {"network": network.to_json(), "rate": 0.1, "flip": True}


def ended(trial: int, proposal: Any, value: float | None, **fields: Any) -> Result:
    state = "failed" if value is None else "succeeded"
    return Result(trial, state, value, proposal.params, weights=value is not None, **fields)


def test_the_first_individuals_are_linear_models() -> None:
    tuner = evolution()
    first = [tuner.propose(trial) for trial in range(4)]
    assert all(proposal.params["network"] == LINEAR and not proposal.parents for proposal in first)
    assert len({proposal.params["rate"] for proposal in first}) == 4
    assert tuner.propose(4) is None


def test_initial_networks_come_first() -> None:
    tuner = evolution(initial=[grown(8)])
    first = [tuner.propose(trial).params for trial in range(4)]
    assert first[0] == grown(8)
    assert [params["network"] for params in first[1:]] == [LINEAR] * 3
    wrong = grown(8)
    wrong["network"]["layers"][0]["kernel"] = [2, 2]
    with pytest.raises(ValueError, match=r"candidate 0: network\.layers\.0\.kernel: must be two"):
        evolution(initial=[wrong])


def test_of_a_pair_the_worse_one_is_removed_and_the_better_one_has_a_child() -> None:
    tuner = evolution(population=2)
    for trial, value in enumerate((1.0, 2.0)):
        tuner.observe(ended(trial, tuner.propose(trial), value))
    child = tuner.propose(2)
    assert set(child.parents) <= {1}
    assert [tuner.may_be_parent(trial) for trial in range(4)] == [False, True, True, False]
    assert tuner.propose(3) is None  # its only partner is under way
    tuner.observe(ended(2, child, 0.5))
    tuner.propose(3)
    assert [tuner.may_be_parent(trial) for trial in range(4)] == [False, True, False, True]


def test_a_smaller_value_wins_where_that_is_better() -> None:
    tuner = evolution(population=2, maximize=False)
    for trial, value in enumerate((1.0, 2.0)):
        tuner.observe(ended(trial, tuner.propose(trial), value))
    tuner.propose(2)
    assert [tuner.may_be_parent(trial) for trial in range(2)] == [True, False]


def test_a_failed_trial_does_not_join_and_the_population_is_filled_up_again() -> None:
    tuner = evolution(population=3)
    for trial, value in enumerate((1.0, 2.0, None)):
        tuner.observe(ended(trial, tuner.propose(trial), value))
    assert not tuner.may_be_parent(2)
    child = tuner.propose(3)
    assert set(child.parents) <= {1}
    assert [tuner.may_be_parent(trial) for trial in range(2)] == [True, True]  # none is removed
    tuner.propose(4)
    assert [tuner.may_be_parent(trial) for trial in range(2)] == [False, True]


def test_where_all_have_failed_the_search_begins_again() -> None:
    play = Play(evolution(), size, slots=2).run(20, lambda trial: trial < 10)
    assert [proposal.params["network"] for proposal in play.proposals[:10]] == [LINEAR] * 10
    assert any(proposal.parents for proposal in play.proposals[12:])


@pytest.mark.parametrize("slots", [1, 3, 8])
def test_a_search_grows_networks_whatever_the_number_of_slots(slots: int) -> None:
    play = Play(evolution(), size, slots=slots).run(120, lambda trial: trial % 7 == 3)
    assert len(play.proposals) == 120
    assert all(contains(PARSED, proposal.params) for proposal in play.proposals)
    assert size(play.proposals[-1].params) > size({"network": LINEAR}) + 1
    for trial, proposal in enumerate(play.proposals):
        for parent in proposal.parents:  # one change: of the network, or of one parameter
            before = play.proposals[parent].params
            assert sum(before[key] != proposal.params[key] for key in before) <= 1, trial


def children(count: int) -> list[Any]:
    """Children of one network, which wins against all of them."""
    tuner = evolution(population=2, initial=[grown(8), grown(8)])
    for trial in range(2):
        tuner.observe(ended(trial, tuner.propose(trial), float(trial == 0)))
    found: list[Any] = []
    for trial in range(2, 2 + count):
        found.append(tuner.propose(trial))
        tuner.observe(ended(trial, found[-1], 0.0))
    return found


def test_only_resetting_the_weights_has_no_parent() -> None:
    found = children(600)
    unchanged = [proposal.parents for proposal in found if proposal.params == grown(8)]
    assert 30 < unchanged.count(()) < 90  # reset_weights
    assert 30 < unchanged.count((0,)) < 90  # identity
    changed = [proposal for proposal in found if proposal.params != grown(8)]
    assert {proposal.parents for proposal in changed} == {(0,)}
    assert {len(read(each.params["network"]).layers) for each in changed} == {2, 3, 4}
    assert len(NAMES) == 3 + len(MUTATIONS) == 11


def test_numbers_change_by_a_factor_of_two_at_most() -> None:
    rates = {proposal.params["rate"] for proposal in children(400)}
    assert all(0.05 <= rate <= 0.2 for rate in rates)
    assert min(rates) < 0.07
    assert max(rates) > 0.15


def test_a_child_of_a_trial_without_weights_has_no_parent() -> None:
    tuner = evolution(population=2)
    for trial in range(2):
        params = tuner.propose(trial).params
        tuner.observe(Result(trial, "succeeded", float(trial), params))
    assert tuner.propose(2).parents == ()


def test_imported_trials_are_the_first_population() -> None:
    tuner = evolution(population=2)
    for trial in range(4):
        tuner.observe(ended(trial, Proposal(grown(trial + 1)), float(trial), imported=True))
    child = tuner.propose(4)
    assert child.params["network"] != LINEAR
    assert sum(tuner.may_be_parent(trial) for trial in range(4)) == 1


def test_the_same_seed_and_results_give_the_same_proposals() -> None:
    one, other = (Play(evolution(), size, slots=3).run(60).proposals for _ in range(2))
    assert one == other


@pytest.mark.parametrize("count", [0, 2])
def test_it_needs_one_network(count: int) -> None:
    space: dict[str, Any] = {f"n{at}": SPACE["network"] for at in range(count)}
    assert f"not {count}" in str(LargeScaleEvolution.supports({**space, "rate": [1, 2]}))
    assert LargeScaleEvolution.supports(SPACE) is None


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        evolution(population=1)


def test_networks_do_not_grow_beyond_the_limit_of_params(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 900
    monkeypatch.setattr("heirloom.tuners.methods.large_scale_evolution.PARAMS_LIMIT", limit)
    tuner, sizes = evolution(), []
    for trial in range(300):
        proposal = tuner.propose(trial)
        assert proposal is not None
        sizes.append(len(json.dumps(proposal.params)))
        tuner.observe(ended(trial, proposal, size(proposal.params)))
    assert max(sizes) <= limit
    assert max(sizes) > limit - 200

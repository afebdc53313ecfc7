"""The tuners that come with Heirloom, without their process."""

from __future__ import annotations

from random import Random as Generator
from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heirloom.space import SpaceError, contains, parse
from heirloom.tuners import Proposal, Result, SearchFinished, Tuner
from heirloom.tuners.batch import Batch
from heirloom.tuners.evolution import Evolution
from heirloom.tuners.grid import Grid
from heirloom.tuners.random import Random

SPACE: dict[str, Any] = {
    "x": {"_type": "uniform", "_value": [-5, 5]},
    "y": {"_type": "uniform", "_value": [-5, 5]},
    "n": {"_type": "randint", "_value": [0, 20]},
    "act": {
        "_type": "choice",
        "_value": [
            "relu",
            "tanh",
            {"_name": "leaky", "a": {"_type": "loguniform", "_value": [1e-4, 1]}},
        ],
    },
}


def quality(params: Any) -> float:
    """Highest, 0, at x = 1, y = -2, n = 13 with tanh."""
    off = (params["x"] - 1) ** 2 + (params["y"] + 2) ** 2 + (params["n"] - 13) ** 2 / 10
    return -off - (params["act"] != "tanh")


def succeeded(trial: int, proposal: Proposal, value: float | None, **more: Any) -> Result:
    state = "succeeded" if value is not None else "failed"
    return Result(
        trial_id=trial,
        state=state,
        value=value,
        params=proposal.params,
        parents=tuple(proposal.parents),
        weights=more.get("weights", value is not None),
    )


def best_quality(tuner: Tuner, sign: int) -> float:
    """The best quality in 400 trials of a tuner that gets `sign` times it."""
    reached = []
    for trial in range(400):
        proposal = tuner.propose(trial)
        assert proposal is not None
        reached.append(quality(proposal.params))
        tuner.observe(succeeded(trial, proposal, sign * reached[-1]))
    return max(reached)


@pytest.mark.parametrize("sign", [1, -1])
def test_evolution_climbs_where_random_search_does_not(sign: int) -> None:
    ours, randoms = [], []
    for seed in range(5):
        evolution = Evolution(SPACE, seed=seed, maximize=sign > 0, population=20, sample=5)
        draw = Random(SPACE, seed=seed, maximize=sign > 0)
        ours.append(best_quality(evolution, sign))
        randoms.append(best_quality(draw, sign))
    assert min(ours) > -0.1
    assert median(ours) > median(randoms) / 5  # the best is 0


def test_child_is_one_mutation_from_the_parent_that_it_names() -> None:
    tuner = Evolution(SPACE, seed=3, maximize=True, population=4, sample=2)
    seen: dict[int, Any] = {}
    for trial in range(60):
        proposal = tuner.propose(trial)
        assert proposal is not None
        seen[trial] = proposal.params
        if trial < 4:
            assert proposal.parents == ()
        else:
            (parent,) = proposal.parents
            assert parent >= trial - 4  # older ones have died
            same = [key for key in SPACE if seen[parent][key] == proposal.params[key]]
            assert len(same) == len(SPACE) - 1
        tuner.observe(succeeded(trial, proposal, quality(proposal.params)))


def test_oldest_member_leaves_even_if_it_is_the_best() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, population=3, sample=50)
    for trial in range(20):
        proposal = tuner.propose(trial)
        assert proposal is not None
        if trial >= 3:
            assert proposal.parents == (trial - 3,)  # the best of those who live is the oldest
        tuner.observe(succeeded(trial, proposal, -trial))
    assert [tuner.may_be_parent(trial) for trial in (0, 16, 17, 18, 19)] == [
        False,
        False,
        True,
        True,
        True,
    ]


def test_parent_without_weights_is_mutated_but_not_named() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, population=1, sample=1)
    first = tuner.propose(0)
    assert first is not None
    tuner.observe(succeeded(0, first, 1.0, weights=False))
    second = tuner.propose(1)
    assert second is not None
    assert second.parents == ()
    assert sum(first.params[key] != second.params[key] for key in SPACE) == 1


def test_evolution_proposes_a_candidate_twice_only_if_it_finds_no_other() -> None:
    small = {name: {"_type": "choice", "_value": [1, 2, 3]} for name in "abc"}
    tuner = Evolution(small, seed=1, maximize=True, population=4, sample=2)
    seen = []
    for trial in range(27):
        proposal = tuner.propose(trial)
        assert proposal is not None
        seen.append(tuple(proposal.params.values()))
        value = float(sum(proposal.params.values())) if trial % 5 else None
        tuner.observe(succeeded(trial, proposal, value))
    assert len(set(seen[:20])) == 20
    for trial in range(27, 60):  # all are known now: the search goes on
        assert tuner.propose(trial) is not None


def test_evolution_does_not_repeat_what_it_observed_of_others() -> None:
    two = {"a": {"_type": "choice", "_value": [1, 2]}}
    tuner = Evolution(two, seed=1, maximize=True)
    tuner.observe(succeeded(0, Proposal({"a": 1}), 1.0))
    proposal = tuner.propose(1)
    assert proposal is not None
    assert proposal.params == {"a": 2}


def test_inherit_false_names_no_parents() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, population=2, inherit=False)
    for trial in range(10):
        proposal = tuner.propose(trial)
        assert proposal is not None
        assert proposal.parents == ()
        tuner.observe(succeeded(trial, proposal, 1.0))
    assert not tuner.may_be_parent(9)


def test_open_trials_may_be_parents_and_failed_ones_may_not() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True)
    first = tuner.propose(0)
    assert first is not None
    assert tuner.may_be_parent(0)
    tuner.observe(succeeded(0, first, None))
    assert not tuner.may_be_parent(0)


def test_no_proposal_while_the_first_population_is_under_way() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, population=3)
    proposals = [tuner.propose(trial) for trial in range(5)]
    assert [proposal is None for proposal in proposals] == [False, False, False, True, True]
    assert proposals[0] is not None
    tuner.observe(succeeded(0, proposals[0], 1.0))
    child = tuner.propose(5)
    assert child is not None
    assert child.parents == (0,)


@given(
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(1, 8),
    st.floats(0, 1),
    st.integers(0, 2**32),
)
def test_evolution_never_deadlocks(
    population: int, sample: int, concurrency: int, failing: float, seed: int
) -> None:
    """Results come in any order, many of them failures; with nothing under way it proposes."""
    rng = Generator(seed)
    tuner = Evolution(SPACE, seed=seed, maximize=True, population=population, sample=sample)
    under_way: dict[int, Proposal] = {}
    committed: set[int] = set()
    trial = 0
    while trial < 80:
        while len(under_way) < concurrency and trial < 80:
            proposal = tuner.propose(trial)
            if proposal is None:
                break
            assert contains(parse(SPACE), proposal.params)
            assert set(proposal.parents) <= committed
            under_way[trial] = proposal
            trial += 1
        assert under_way, "withheld with nothing under way: the search would end"
        ended = rng.choice(list(under_way))
        proposal = under_way.pop(ended)
        failed = rng.random() < failing
        tuner.observe(succeeded(ended, proposal, None if failed else quality(proposal.params)))
        committed |= set() if failed else {ended}


def test_the_same_seed_and_calls_have_the_same_answers() -> None:
    def run(seed: int) -> list[Any]:
        tuner = Evolution(SPACE, seed=seed, maximize=True, population=4)
        answers = []
        for trial in range(40):
            proposal = tuner.propose(trial)
            assert proposal is not None
            answers.append((proposal.params, proposal.parents))
            tuner.observe(succeeded(trial, proposal, quality(proposal.params)))
        return answers

    assert run(5) == run(5)
    assert run(5) != run(6)


@pytest.mark.parametrize("args", [{"population": 0}, {"sample": 0}])
def test_evolution_refuses_wrong_arguments(args: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be at least 1, not 0"):
        Evolution(SPACE, seed=1, maximize=True, **args)


def test_grid_proposes_everything_and_finishes() -> None:
    space = {
        "a": {"_type": "choice", "_value": [1, 2]},
        "b": {"_type": "randint", "_value": [0, 3]},
    }
    tuner = Grid(space, seed=0, maximize=True)
    proposals = [tuner.propose(trial) for trial in range(6)]
    assert [tuple(proposal.params.values()) for proposal in proposals] == [
        (1, 0),
        (1, 1),
        (1, 2),
        (2, 0),
        (2, 1),
        (2, 2),
    ]
    for trial in (6, 7):
        with pytest.raises(SearchFinished, match="the grid is done"):
            tuner.propose(trial)
    assert not tuner.may_be_parent(0)


def test_batch_proposes_what_is_listed_in_order() -> None:
    listed = [{"lr": 0.1, "opt": "sgd"}, {"lr": 0.2, "opt": {"name": "adam"}}]
    tuner = Batch({"any": {"_type": "choice", "_value": listed}}, seed=0, maximize=True)
    assert [tuner.propose(trial).params for trial in range(2)] == listed
    for trial in (2, 3):
        with pytest.raises(SearchFinished, match="the batch is done"):
            tuner.propose(trial)
    assert not tuner.may_be_parent(0)


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "one parameter"),
        ({"a": {"_type": "uniform", "_value": [0, 1]}}, "a: must be choice"),
        ({"a": [{"b": 1}, 2]}, "a.1: an option of batch"),
        ({"a": {"_type": "choice", "_value": [{"b": 1}, 2]}}, "a._value.1: an option of batch"),
        ({"a": {"_type": "choice", "_value": [{"_name": "b"}]}}, "a._value.0: an option of batch"),
        ({"a": {"_type": "choice"}}, "_value` missing"),
    ],
)
def test_batch_refuses_a_space_without_a_list_of_params(
    space: dict[str, Any], message: str
) -> None:
    with pytest.raises(SpaceError, match=message):
        Batch(space, seed=0, maximize=True)


def test_random_draws_from_the_space() -> None:
    tuner = Random(SPACE, seed=0, maximize=True)
    drawn = [tuner.propose(trial).params for trial in range(20)]
    assert all(contains(parse(SPACE), params) for params in drawn)
    assert len({str(params) for params in drawn}) == 20
    assert not tuner.may_be_parent(3)

"""Tuners and assessors with several objectives: what they learn, and which are refused."""

from __future__ import annotations

from random import Random as Generator
from typing import Any

import pytest

from heirloom.objective import Objectives
from heirloom.space import contains, crossover, parse
from heirloom.tuners import Proposal, Result, Tuner
from heirloom.tuners.batch import Batch
from heirloom.tuners.evolution import Evolution
from heirloom.tuners.grid import Grid
from heirloom.tuners.random import Random
from heirloom.tuners.registry import RegistryError, objective_arguments

UNIT = {"_type": "uniform", "_value": [0, 1]}
SPACE: dict[str, Any] = {"x": UNIT, "y": UNIT}
FORM = {"a": "maximize", "b": {"minimize": True, "at_most": 0.5}}
OBJECTIVES = Objectives.parse(FORM)


def values(params: Any) -> dict[str, float]:
    """The front has y = 0: `a` grows with `b`. Half of it is feasible."""
    return {"a": params["x"] - params["y"], "b": params["x"] + params["y"]}


def run(tuner: Tuner, trials: int) -> list[Proposal]:
    """Run trials, three of them under way; every seventh fails."""
    asked: list[Proposal] = []
    for trial in range(trials):
        proposal = tuner.propose(trial)
        assert proposal is not None
        asked.append(proposal)
        if trial >= 3:
            over = trial - 3
            found = {} if over % 7 == 6 else values(asked[over].params)
            state = "succeeded" if found else "failed"
            params = asked[over].params
            tuner.observe(
                Result(over, state, found.get("a"), params, weights=bool(found), values=found)
            )
    return asked


def test_evolution_approaches_the_feasible_part_of_the_front() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, objectives=OBJECTIVES, population=12, sample=2)
    late = [values(proposal.params) for proposal in run(tuner, 400)[300:]]
    feasible = [each for each in late if each["b"] <= 0.5]
    assert len(feasible) > 60
    distances = sorted(each["b"] - each["a"] for each in feasible)  # twice y
    assert distances[len(distances) // 2] < 0.1
    assert max(each["b"] for each in feasible) - min(each["b"] for each in feasible) > 0.3


def test_a_member_that_is_beaten_is_no_parent_any_more() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, objectives=OBJECTIVES, population=2)
    for trial, (a, b) in enumerate([(0.5, 0.4), (0.1, 0.3), (0.6, 0.2)]):
        assert tuner.may_be_parent(trial)
        found = {"a": a, "b": b}
        tuner.observe(Result(trial, "succeeded", a, {"x": 0, "y": 0}, weights=True, values=found))
    assert [tuner.may_be_parent(trial) for trial in range(3)] == [True, False, True]
    proposal = tuner.propose(3)
    assert proposal is not None
    assert tuple(proposal.parents) == (2,)  # it dominates the other one, and 4 are drawn of 2


def test_a_result_without_a_value_joins_no_population() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, objectives=OBJECTIVES)
    tuner.observe(Result(0, "succeeded", 0.5, {"x": 0, "y": 0}, values={"a": 0.5}))
    assert not tuner.may_be_parent(0)


def test_crossover_takes_each_value_from_one_of_two() -> None:
    tuner = Evolution(SPACE, seed=1, maximize=True, population=2, sample=1, crossover=1.0)
    sides: list[dict[str, float]] = [{"x": 0.25, "y": 0.25}, {"x": 0.75, "y": 0.75}]
    for trial, params in enumerate(sides):
        tuner.observe(Result(trial, "succeeded", 1.0, params, weights=True))
    mixed = 0
    for trial in range(2, 42):
        proposal = tuner.propose(trial)
        assert proposal is not None
        [parent] = proposal.parents
        other = sides[1 - parent]
        mixed += any(proposal.params[name] == other[name] for name in other)
    assert mixed > 5


def test_crossover_of_nested_options() -> None:
    space = parse(
        {
            "op": [{"_name": "conv", "k": [1, 3], "c": [1, 2]}, {"_name": "dense", "n": [4, 8]}],
            "lr": UNIT,
        }
    )
    one = {"op": {"_name": "conv", "k": 1, "c": 1}, "lr": 0.25}
    other = {"op": {"_name": "conv", "k": 3, "c": 2}, "lr": 0.75}
    third = {"op": {"_name": "dense", "n": 8}, "lr": 0.75, "more": 1}
    rng = Generator(1)
    inner = set()
    for _ in range(50):
        crossed = crossover(space, one, other, rng)
        assert contains(space, crossed)
        inner.add((crossed["op"]["k"], crossed["op"]["c"]))
        assert contains(space, crossover(space, one, third, rng))
    assert inner == {(1, 1), (1, 2), (3, 1), (3, 2)}
    assert crossover(space, one, {"lr": "x"}, rng) == one


@pytest.mark.parametrize("kind", [Evolution, Random])
def test_the_same_seed_gives_the_same_proposals(kind: type[Tuner]) -> None:
    one, other = (kind(SPACE, seed=5, maximize=True, objectives=OBJECTIVES) for _ in range(2))
    assert run(one, 60) == run(other, 60)


class Plain(Tuner):
    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool, **args: Any) -> None:
        raise NotImplementedError

    def propose(self, trial_id: int) -> None:
        raise NotImplementedError


def setup(objective: Any) -> Any:
    return {"maximize": True, "objectives": objective}


@pytest.mark.parametrize("cls", [Evolution, Random, Grid, Batch])
def test_a_constructor_that_declares_them_gets_the_objectives(cls: type[Tuner]) -> None:
    given = objective_arguments("tuner x", cls, setup(FORM))
    assert given == {"maximize": True, "objectives": OBJECTIVES}


def test_a_constructor_that_does_not_takes_a_single_one() -> None:
    assert objective_arguments("tuner x", Plain, setup("minimize")) == {"maximize": False}
    assert objective_arguments("tuner x", Plain, setup({"loss": "minimize"})) == {"maximize": False}
    assert objective_arguments("tuner x", Plain, {"maximize": False}) == {"maximize": False}  # type: ignore[typeddict-item] # the setup of an earlier version
    with pytest.raises(RegistryError) as raised:
        objective_arguments("tuner Plain", Plain, setup(FORM))
    assert str(raised.value) == (
        "tuner Plain takes a single objective without bounds, and the experiment's are: maximize "
        "a, minimize b (at most 0.5); choose one that takes several, such as evolution, random or "
        "tpe, or give one objective"
    )

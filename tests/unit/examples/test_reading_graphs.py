"""Graphs of the reading example: mutations keep them valid, and layers keep their names."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heirloom.tuners import Result

KINDS = ["attention", "self_attention", "recurrent", "convolution"]
SPACE = {
    "layer": {"_type": "choice", "_value": KINDS},
    "layers": {"_type": "randint", "_value": [3, 9]},
}


def mutations(
    reading: SimpleNamespace, seed: int, most: int = 8, kinds: Sequence[str] = KINDS
) -> Any:
    numbers = itertools.count(2)
    return reading.graph.Mutations(
        kinds, most, lambda kind: f"{kind}-{next(numbers)}", random.Random(seed)
    )


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(3, 12))
def test_mutation_gives_a_different_valid_graph(
    reading: SimpleNamespace, seed: int, most: int
) -> None:
    mutate = mutations(reading, seed, most).mutate
    graph = reading.graph.FIRST
    seen = {layer.name: layer for layer in graph}
    for _ in range(60):
        child = mutate(graph)
        reading.graph.check(child)
        assert child != graph
        assert len(child) - 1 <= most
        for layer in child:  # a name belongs to one layer through all mutations
            before = seen.setdefault(layer.name, layer)
            assert (layer.kind, layer.side) == (before.kind, before.side)
        assert reading.graph.read(json.loads(json.dumps(reading.graph.plain(child)))) == child
        graph = child


def test_child_keeps_most_of_its_parents_layers(reading: SimpleNamespace) -> None:
    mutate = mutations(reading, 1).mutate
    graph = reading.graph.FIRST
    shared = []
    for _ in range(300):
        child = mutate(graph)
        names = {layer.name for layer in child}
        shared.append(len(names & {layer.name for layer in graph}) / len(names))
        assert "answer" in names
        graph = child
    assert sum(shared) / len(shared) > 0.7


def test_mutations_reach_all_kinds_sizes_and_shapes(reading: SimpleNamespace) -> None:
    mutate = mutations(reading, 3, most=8).mutate
    graph = reading.graph.FIRST
    kinds, sizes, adds_up, sides = set(), set(), set(), set()
    for _ in range(2000):
        graph = mutate(graph)
        kinds |= {layer.kind for layer in graph}
        sides |= {(layer.kind, layer.side) for layer in graph}
        adds_up |= {len(layer.inputs) for layer in graph}
        sizes.add(len(graph) - 1)
    assert kinds == {*reading.graph.KINDS, "answer"}
    assert sizes >= set(range(1, 9))
    assert {1, 2} <= adds_up
    assert ("attention", "question") in sides


def test_only_allowed_kinds_are_inserted(reading: SimpleNamespace) -> None:
    mutate = mutations(reading, 2, kinds=["convolution"]).mutate
    graph = reading.graph.FIRST
    for _ in range(100):
        graph = mutate(graph)
    first = {layer.name for layer in reading.graph.FIRST}
    assert {layer.kind for layer in graph if layer.name not in first} == {"convolution"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g[:-1], "the last layer, and only the last"),
        (lambda g: (), "the answer layer must be on the side"),
        (lambda g: (g[0], *g), "two layers have the name recurrent-0"),
        (lambda g: (g[1], g[0], *g[2:]), "attention-0 cannot read recurrent-0"),
        (lambda g: (g[0], g[2], g[1], g[3]), "recurrent-1 cannot add up attention-0"),
        (lambda g: (g[0], g[3]), "answer cannot add up recurrent-1"),
    ],
)
def test_invalid_graph_is_refused(reading: SimpleNamespace, change: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        reading.graph.check(change(reading.graph.FIRST))


def result(trial: int, proposal: Any, value: float | None, state: str = "succeeded") -> Result:
    return Result(
        trial_id=trial,
        state=state,
        value=value,
        params=proposal.params,
        parents=tuple(proposal.parents),
        weights=state == "succeeded",
    )


def test_child_names_the_best_trial_as_parent(reading: SimpleNamespace) -> None:
    tuner = reading.tuner.EvolvingGraphs(SPACE, seed=1, maximize=True, population=3, sample=50)
    founders = [tuner.propose(trial) for trial in range(3)]
    assert all(not founder.parents for founder in founders)
    assert len({json.dumps(founder.params) for founder in founders}) > 1
    assert tuner.propose(3) is None  # no trial has ended
    for trial, value in enumerate((0.1, 0.5, 0.9)):
        tuner.observe(result(trial, founders[trial], value))
    for trial in range(3, 6):
        child = tuner.propose(trial)
        assert list(child.parents) == [2]
        reading.graph.read(child.params["graph"])
        assert tuner.may_be_parent(trial)
        tuner.observe(result(trial, child, 0.0))
    assert not tuner.may_be_parent(2)  # three newer trials replaced it


def test_failed_trial_without_parent_is_replaced(reading: SimpleNamespace) -> None:
    tuner = reading.tuner.EvolvingGraphs(SPACE, seed=1, maximize=True, population=1)
    founder = tuner.propose(0)
    assert tuner.propose(1) is None
    tuner.observe(result(0, founder, None, "failed"))
    assert not tuner.propose(1).parents


def test_same_seed_and_calls_give_the_same_graphs(reading: SimpleNamespace) -> None:
    def search() -> list[Any]:
        tuner = reading.tuner.EvolvingGraphs(SPACE, seed=7, maximize=True, population=4)
        found = []
        for trial in range(20):
            found.append(tuner.propose(trial))
            tuner.observe(result(trial, found[-1], trial / 20))
        return found

    assert search() == search()


def test_unsuitable_search_space_is_refused(reading: SimpleNamespace) -> None:
    few = {**SPACE, "layers": {"_type": "randint", "_value": [1, 3]}}
    other = {**SPACE, "layer": {"_type": "choice", "_value": ["dense"]}}
    for space, message in ((few, "layers must allow 3"), (other, "layer must be a choice of")):
        with pytest.raises(ValueError, match=message):
            reading.tuner.EvolvingGraphs(space, seed=1, maximize=True)

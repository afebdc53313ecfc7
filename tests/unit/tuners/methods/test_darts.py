"""DARTS: a chain of supernets, the derived network, and skip connections."""

from __future__ import annotations

import json
from typing import Any

import pytest

from heirloom.tuners.interface import Proposal, Result, SearchFinished
from heirloom.tuners.methods.darts.derive import Rule, Skips, derive, skips
from heirloom.tuners.methods.darts.tuner import Darts

OPERATIONS = ["none", "skip_connect", "conv", "pool"]
EDGES = ("0_2", "1_2", "0_3", "1_3", "2_3")
SPACE: dict[str, Any] = {
    f"{cell}.{edge}": OPERATIONS for cell in ("normal", "reduction") for edge in EDGES
}
KEPT = Rule(2, "none", "skip_connect")


def weights(**strongest: str) -> dict[str, dict[str, float]]:
    """Weights of all operations; those named are the strongest of their label: `normal_0_2`."""
    found = {}
    for label in SPACE:
        best = strongest.get(label.replace(".", "_"), "conv")
        found[label] = {name: 0.4 if name == best else 0.2 for name in OPERATIONS}
    return found


class Chain:
    """A search by DARTS, whose trials end when a test says so."""

    def __init__(self, **arguments: Any) -> None:
        small = {"generations": 3, "epochs": 2}
        self.tuner = Darts(SPACE, seed=1, maximize=True, **{**small, **arguments})
        self.proposals: list[Proposal] = []

    def propose(self) -> tuple[Any, ...] | None:
        """The task, the generation and the parents of the next trial; None for none."""
        proposal = self.tuner.propose(len(self.proposals))
        if proposal is None:
            return None
        self.proposals.append(json.loads(json.dumps(proposal.params)) and proposal)
        return proposal.params["task"], proposal.params["generation"], tuple(proposal.parents)

    def end(self, trial: int, state: str = "succeeded", **changed: Any) -> None:
        proposal = self.proposals[trial]
        parents = tuple(proposal.parents)
        given = {"restored": parents, "weights": True, "result": {"alphas": weights()}, **changed}
        self.tuner.observe(Result(trial, state, 0.5, proposal.params, parents, **given))

    def run(self, trials: int, **changed: Any) -> list[Any]:
        """The trials of a search on one slot."""
        found = []
        for _ in range(trials):
            found.append(self.propose())
            self.end(len(self.proposals) - 1, **changed)
        return found


def test_generations_follow_each_other_and_then_the_derived_network_twice() -> None:
    chain = Chain()
    assert chain.run(5) == [
        ("search", 0, ()),
        ("search", 1, (0,)),
        ("search", 2, (1,)),
        ("final", 2, ()),
        ("final", 2, (2,)),
    ]
    with pytest.raises(SearchFinished, match=r"^all 3 generations are trained$"):
        chain.propose()
    assert chain.tuner.conclude() == []


def test_a_generation_knows_how_long_it_trains() -> None:
    chain = Chain(order=1)
    chain.run(2)
    assert chain.proposals[1].params == {
        "task": "search",
        "generation": 1,
        "epochs_from": 2,
        "epochs": 4,
        "total_epochs": 6,
        "order": 1,
    }


def test_only_the_derived_network_is_a_candidate() -> None:
    chain = Chain(generations=1)
    chain.run(3)
    assert [proposal.candidate for proposal in chain.proposals] == [False, True, True]


def test_the_chain_goes_on_from_the_generation_before_one_whose_weights_are_damaged() -> None:
    chain = Chain(generations=9)
    chain.run(3)
    assert chain.propose() == ("search", 3, (2,))
    chain.end(3, "skipped", weights=False, restored=())
    assert chain.propose() == ("search", 2, (1,))
    chain.end(4)
    assert chain.propose() == ("search", 3, (4,))


def test_a_chain_whose_weights_were_all_removed_begins_anew() -> None:
    chain = Chain()
    chain.run(2)
    assert chain.run(2, restored=()) == [("search", 2, (1,)), ("search", 1, (0,))]
    assert chain.run(2) == [("search", 0, ()), ("search", 1, (4,))]


def test_cancelled_generations_do_not_end_the_search() -> None:
    chain = Chain()
    chain.run(1)
    assert chain.run(4, state="cancelled", weights=False) == [("search", 1, (0,))] * 4
    assert chain.propose() == ("search", 1, (0,))


def test_both_last_trials_may_run_at_once_and_generations_may_not() -> None:
    chain = Chain(generations=1)
    chain.propose()
    assert chain.propose() is None
    chain.end(0)
    assert [chain.propose(), chain.propose()] == [("final", 0, ()), ("final", 0, (0,))]


@pytest.mark.parametrize("lost", [{"state": "failed", "weights": False}, {"weights": False}])
def test_a_lost_generation_is_trained_again_from_the_last_one(lost: dict[str, Any]) -> None:
    chain = Chain()
    chain.run(1)
    assert chain.propose() == ("search", 1, (0,))
    chain.end(1, **lost)
    assert chain.propose() == ("search", 1, (0,))


@pytest.mark.parametrize(
    ("lost", "how"),
    [
        ({"state": "failed", "weights": False, "reason": "exit code 1"}, "failed: exit code 1"),
        ({"weights": False}, "it left no weights"),
    ],
)
def test_three_failures_in_a_row_end_the_search(lost: dict[str, Any], how: str) -> None:
    chain = Chain()
    chain.run(1)
    chain.run(2, **lost)
    chain.run(1)
    chain.run(3, **lost)
    text = f"^3 generations in a row failed, the last by trial 6: {how}$"
    with pytest.raises(SearchFinished, match=text):
        chain.propose()


@pytest.mark.parametrize(
    "alphas",
    [
        None,
        [1],
        {"normal.0_2": {"conv": 1.0}},
        {label: dict.fromkeys(OPERATIONS, "a") for label in SPACE},
        {label: {name: float("nan") for name in OPERATIONS} for label in SPACE},
        {label: dict.fromkeys(OPERATIONS, 10**400) for label in SPACE},
    ],
)
def test_a_generation_without_alphas_ends_the_search_with_a_message(alphas: Any) -> None:
    chain = Chain()
    chain.run(1, result={"alphas": alphas})
    with pytest.raises(SearchFinished, match=r"trial 0 reported no alphas: its result needs"):
        chain.propose()


def test_weights_are_needed_as_long_as_a_trial_may_start_from_them() -> None:
    chain = Chain()
    chain.run(2)
    chain.propose()
    assert [chain.tuner.may_be_parent(trial) for trial in range(3)] == [True, True, True]
    chain.end(2)
    assert [chain.tuner.may_be_parent(trial) for trial in range(3)] == [False, True, True]


def test_a_budget_that_ends_before_the_chain_derives_from_its_last_generation() -> None:
    chain = Chain()
    assert chain.tuner.conclude() == []
    chain.run(2)
    nothing, shared = chain.tuner.conclude()
    assert [nothing.parents, shared.parents] == [(), (1,)]
    assert nothing.params == shared.params
    assert chain.run(1) == [("search", 2, (1,))]  # with a larger budget it goes on
    assert chain.run(1) == [("final", 2, ())]
    [shared] = chain.tuner.conclude()
    assert shared.parents == (2,)
    assert chain.tuner.conclude() == []


def test_a_collapse_is_named_in_the_last_trials_and_in_the_reason() -> None:
    named = weights(normal_0_2="skip_connect", normal_1_2="skip_connect", normal_2_3="skip_connect")
    for operation in ("conv", "pool"):
        named["normal.0_3"][operation] = 0.1
    chain = Chain(generations=1)
    chain.run(1, result={"alphas": named})
    chain.run(2)
    text = "3 of 4 operations of the cell normal are skip_connect"
    assert {proposal.params.get("collapsed") for proposal in chain.proposals} == {None, text}
    with pytest.raises(SearchFinished, match=f"^all 1 generations are trained; collapsed: {text}$"):
        chain.propose()


def test_a_chain_may_end_when_skip_connections_are_derived() -> None:
    chain = Chain(stop_at_skips=1)
    chain.run(1)
    chain.run(1, result={"alphas": weights(normal_0_2="skip_connect")})
    assert chain.run(2) == [("final", 1, ()), ("final", 1, (1,))]
    with pytest.raises(
        SearchFinished,
        match="stop_at_skips ends the chain after generation 1: 1 of 4 operations of the cell "
        "normal are skip_connect",
    ):
        chain.propose()


def test_two_edges_of_a_node_are_kept_those_with_the_strongest_operation_but_none() -> None:
    found = weights()
    found["normal.0_3"] = {"none": 0.9, "skip_connect": 0.01, "conv": 0.03, "pool": 0.06}
    found["normal.1_3"] = {"none": 0.0, "skip_connect": 0.2, "conv": 0.2, "pool": 0.6}
    derived = derive(found, KEPT)
    assert {label: derived[f"normal.{label}"] for label in EDGES} == {
        "0_2": "conv",
        "1_2": "conv",
        "0_3": "none",
        "1_3": "pool",
        "2_3": "conv",
    }
    assert derived["reduction.2_3"] == "none"  # of equal edges the first ones are kept
    everything = derive(found, Rule(None, "none", "skip_connect"))
    assert everything["normal.0_3"] == "none"
    assert everything["reduction.2_3"] == "conv"


def test_labels_that_name_no_edge_are_all_kept() -> None:
    found = {"block0": {"none": 0.6, "conv": 0.3, "pool": 0.1}, "block1": {"none": 1.0}}
    assert derive(found, KEPT) == {"block0": "conv", "block1": "none"}


def test_skip_connections_are_counted_in_the_first_cell() -> None:
    chosen = dict.fromkeys(SPACE, "skip_connect")
    assert skips(chosen, KEPT) == Skips("normal", "skip_connect", 5, 5)
    chosen |= {f"normal.{edge}": "none" for edge in EDGES[:3]}
    assert skips(chosen, KEPT) == Skips("normal", "skip_connect", 2, 2)
    assert not Skips("normal", "skip_connect", 3, 8).is_collapsed
    assert Skips("normal", "skip_connect", 4, 8).is_collapsed
    assert str(Skips("", "skip_connect", 1, 2)) == "1 of 2 operations are skip_connect"


@pytest.mark.parametrize(
    ("space", "text"),
    [
        ({}, "it has no parameter"),
        ({"lr": {"uniform": [0, 1]}}, "lr is a number, and darts chooses among operations"),
        ({"width": [16, 32]}, "width has the option 16, and .* a width has no weighted sum"),
        ({"depth": ["1", "2"]}, r"depth has options without names \(1, 2\), .* a mapping of names"),
        ({"op": ["a", {"_name": "b", "c": ["d", "e"]}]}, "op has the option b with parameters"),
    ],
)
def test_a_space_of_anything_but_operations_is_refused(space: Any, text: str) -> None:
    assert Darts.supports(SPACE) is None
    refusal = Darts.supports(space)
    with pytest.raises(ValueError, match=text):
        raise ValueError(refusal)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"generations": 0}, "generations must be at least 1, not 0"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"edges": 0}, "edges must be at least 1"),
        ({"stop_at_skips": 0}, "stop_at_skips must be at least 1"),
        ({"order": 3}, "order must be 1 or 2, not 3"),
        ({"none": "zero"}, "normal.0_3 has no option zero, .* `edges: null`"),
        ({"stop_at_skips": 2, "skip": "identity"}, "counts the operation identity, and no param"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Chain(**arguments)

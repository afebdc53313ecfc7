"""ENAS: generations of shared weights, evaluations, and the last networks."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from heirloom.space import contains, parse
from heirloom.space.decisions import Decisions
from heirloom.tuners.interface import Proposal, Result, SearchFinished
from heirloom.tuners.methods.enas.tuner import Enas
from heirloom.tuners.process.plain_json import plain_proposal

SPACE: dict[str, Any] = {
    "layer0.op": ["conv", "pool"],
    "layer1.op": ["conv", "pool"],
    "layer2.op": ["conv", "pool"],
    "layer2.skip0": ["no", "yes"],
}
DECISIONS = Decisions(parse(SPACE))


def reward(params: Any) -> float:
    return sum(params[f"layer{layer}.op"] == "conv" for layer in range(3)) / 3


class Chain:
    """A search by ENAS, whose trials end when a test says so."""

    def __init__(self, **arguments: Any) -> None:
        small = {"samples": 4, "updates": 2, "children": 3}
        self.tuner = Enas(SPACE, seed=1, maximize=True, **{**small, **arguments})
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
        rewards = [reward(DECISIONS.read(text)) for text in proposal.params["samples"]]
        given = {"restored": parents, "weights": True, "result": {"rewards": rewards}, **changed}
        self.tuner.observe(Result(trial, state, 0.5, proposal.params, parents, **given))

    def run(self, trials: int) -> list[Any]:
        """The trials of a search on one slot."""
        found = []
        for _ in range(trials):
            found.append(self.propose())
            self.end(len(self.proposals) - 1)
        return found


def test_generations_and_evaluations_take_turns() -> None:
    assert Chain().run(8) == [
        ("train", 0, ()),
        ("evaluate", 0, (0,)),
        ("evaluate", 0, (0,)),
        ("train", 1, (0,)),
        ("evaluate", 1, (3,)),
        ("evaluate", 1, (3,)),
        ("train", 2, (3,)),
        ("evaluate", 2, (6,)),
    ]


def test_a_trial_gets_as_many_candidates_as_its_task_needs() -> None:
    chain = Chain()
    chain.run(3)
    texts = [proposal.params["samples"] for proposal in chain.proposals]
    assert [len(each) for each in texts] == [3, 4, 4]
    for text in itertools.chain(*texts):
        assert contains(parse(SPACE), DECISIONS.read(text))


def test_one_trial_at_a_time_unless_the_arguments_say_otherwise() -> None:
    chain = Chain()
    chain.propose()
    assert chain.propose() is None
    chain.end(0)
    chain.propose()
    assert chain.propose() is None


def test_parallel_evaluations_are_no_more_than_the_steps_that_are_left() -> None:
    chain = Chain(parallel=2, updates=3)
    chain.run(1)
    assert [chain.propose() for _ in range(3)] == [("evaluate", 0, (0,))] * 2 + [None]
    chain.end(1)
    assert [chain.propose() for _ in range(2)] == [("evaluate", 0, (0,)), None]
    chain.end(2)
    assert chain.propose() is None
    chain.end(3)
    assert chain.propose() == ("train", 1, (0,))


def test_with_overlap_a_generation_trains_while_the_one_before_is_evaluated() -> None:
    chain = Chain(overlap=True)
    chain.run(1)
    assert [chain.propose() for _ in range(3)] == [
        ("evaluate", 0, (0,)),
        ("train", 1, (0,)),
        None,
    ]
    chain.end(2)
    assert chain.propose() is None  # generation 2 waits until generation 0 is evaluated
    chain.end(1)
    assert chain.propose() == ("evaluate", 0, (0,))
    chain.end(3)
    assert [chain.propose() for _ in range(2)] == [("evaluate", 1, (2,)), ("train", 2, (2,))]


@pytest.mark.parametrize("lost", [{"state": "failed", "weights": False}, {"weights": False}])
def test_a_lost_generation_is_trained_again_from_the_last_one(lost: dict[str, Any]) -> None:
    chain = Chain()
    chain.run(3)
    assert chain.propose() == ("train", 1, (0,))
    chain.end(3, **lost)
    assert chain.propose() == ("train", 1, (0,))


def test_a_chain_whose_weights_were_all_removed_begins_anew() -> None:
    """A trial that started without its parent is of no use: its weights are not the chain's."""
    chain = Chain(updates=1)
    chain.run(2)
    assert chain.propose() == ("train", 1, (0,))
    chain.end(2, restored=())
    assert chain.run(2) == [("train", 0, ()), ("evaluate", 0, (3,))]


def test_a_lost_evaluation_is_repeated_with_other_samples() -> None:
    chain = Chain(updates=1)
    chain.run(1)
    assert chain.propose() == ("evaluate", 0, (0,))
    chain.end(1, state="failed")
    assert chain.propose() == ("evaluate", 0, (0,))
    assert chain.proposals[1].params["samples"] != chain.proposals[2].params["samples"]


@pytest.mark.parametrize(
    "result",
    [None, {"rewards": [0.5]}, {"rewards": ["a"] * 4}, {"rewards": [True] * 4}],
)
def test_an_evaluation_without_rewards_ends_the_search_with_a_message(result: Any) -> None:
    chain = Chain()
    chain.run(1)
    chain.propose()
    chain.end(1, result=result)
    with pytest.raises(
        SearchFinished, match=r"trial 1 reported no rewards: .* a list of 4 numbers"
    ):
        chain.propose()


@pytest.mark.parametrize("missing", [None, float("nan"), float("inf"), 10**400])
def test_a_reward_that_is_no_finite_number_counts_as_the_worst(missing: Any) -> None:
    found, expected = Chain(), Chain()
    for chain, rewards in (
        (found, [missing, 0.25, 0.5, 0.75]),
        (expected, [0.25, 0.25, 0.5, 0.75]),
    ):
        chain.run(1)
        chain.propose()
        chain.end(1, result={"rewards": rewards})
    assert found.tuner.state() == expected.tuner.state()


def test_a_sample_without_a_finite_reward_is_never_the_best() -> None:
    chain = Chain(updates=1)
    chain.run(1)
    chain.propose()
    chain.end(1, result={"rewards": [None, 0.0, None, None]})
    params = chain.tuner.conclude()[0].params["params"]
    assert params == DECISIONS.read(chain.proposals[1].params["samples"][1])


def test_an_evaluation_without_any_finite_reward_is_repeated() -> None:
    chain = Chain(updates=1)
    chain.run(1)
    for trial in (1, 2, 3):
        assert chain.propose() == ("evaluate", 0, (0,))
        chain.end(trial, result={"rewards": [None] * 4})
    with pytest.raises(
        SearchFinished,
        match="3 evaluations in a row failed, the last by trial 3: none of its rewards is a finite",
    ):
        chain.propose()


def test_three_failures_in_a_row_end_the_search_with_the_last_reason() -> None:
    chain = Chain()
    lost: dict[str, Any] = {"state": "failed", "weights": False, "reason": "out of memory"}
    chain.run(3)
    for trial, changed in enumerate([lost, lost, {**lost, "state": "cancelled"}, lost], 3):
        assert chain.propose() == ("train", 1, (0,))
        chain.end(trial, **changed)
    with pytest.raises(
        SearchFinished,
        match="3 generations in a row failed, the last by trial 6: failed: out of memory",
    ):
        chain.propose()


def test_a_success_between_failures_goes_on() -> None:
    chain = Chain(updates=1)
    for round_ in range(3):
        for _ in range(2):
            chain.propose()
            chain.end(len(chain.proposals) - 1, state="failed", weights=False)
        assert [each[:2] for each in chain.run(2)] == [("train", round_), ("evaluate", round_)]


def test_workers_train_a_generation_side_by_side() -> None:
    chain = Chain(workers=2, updates=1)
    assert [chain.propose() for _ in range(3)] == [("train", 0, ())] * 2 + [None]
    assert chain.proposals[0].params["samples"] != chain.proposals[1].params["samples"]
    chain.end(0)
    assert chain.propose() is None
    chain.end(1)
    assert chain.run(4) == [
        ("evaluate", 0, (0, 1)),
        ("train", 1, (0, 1)),
        ("train", 1, (0, 1)),
        ("evaluate", 1, (3, 4)),
    ]
    nothing, shared = chain.tuner.conclude()
    assert [nothing.parents, shared.parents] == [(), (3, 4)]


def test_a_generation_goes_on_with_the_workers_that_succeeded() -> None:
    chain = Chain(workers=3, updates=1)
    for _ in range(3):
        chain.propose()
    chain.end(1)
    chain.end(0, state="failed", weights=False)
    assert chain.tuner.may_be_parent(1)
    chain.end(2, restored=(), weights=False)
    assert chain.propose() == ("evaluate", 0, (1,))


def test_workers_train_beside_evaluations_with_overlap() -> None:
    chain = Chain(workers=2, overlap=True, updates=1)
    chain.run(2)
    assert [chain.propose() for _ in range(4)] == [
        ("evaluate", 0, (0, 1)),
        ("train", 1, (0, 1)),
        ("train", 1, (0, 1)),
        None,
    ]


def test_a_generation_that_is_damaged_is_left_out() -> None:
    """A trial that does not find its parents' weights is skipped."""
    chain = Chain(updates=1)
    chain.run(4)
    assert chain.propose() == ("train", 2, (2,))
    chain.end(4, state="skipped", restored=(), weights=False)
    assert chain.run(3) == [("train", 1, (0,)), ("evaluate", 1, (5,)), ("train", 2, (5,))]


def test_evaluations_of_a_generation_that_is_damaged_are_not_used() -> None:
    chain = Chain(parallel=2, overlap=True, workers=2)
    chain.run(2)
    assert [chain.propose() for _ in range(4)] == [
        *[("evaluate", 0, (0, 1))] * 2,
        *[("train", 1, (0, 1))] * 2,
    ]
    chain.end(2, state="skipped", restored=(), weights=False)
    before = chain.tuner.state()["rule"]
    chain.end(3)
    assert chain.tuner.state()["rule"] == before
    chain.end(4)
    chain.end(5)
    assert chain.propose() == ("evaluate", 1, (4, 5))


def test_weights_are_needed_as_long_as_a_trial_may_start_from_them() -> None:
    chain = Chain()
    chain.run(3)
    assert chain.propose() == ("train", 1, (0,))
    assert [chain.tuner.may_be_parent(trial) for trial in range(4)] == [True, False, False, True]
    chain.end(3)
    assert chain.tuner.may_be_parent(0)  # the last networks would start from it
    for _ in range(2):
        chain.propose()
        chain.end(len(chain.proposals) - 1)
    # Should generation 1 be damaged, the search goes on from generation 0.
    assert [trial for trial in range(6) if chain.tuner.may_be_parent(trial)] == [0, 3]
    chain.run(1)
    assert [trial for trial in range(7) if chain.tuner.may_be_parent(trial)] == [3, 6]


def test_the_best_network_is_trained_from_nothing_and_from_the_shared_weights() -> None:
    chain = Chain()
    assert chain.tuner.conclude() == ()
    chain.run(6)
    nothing, shared = chain.tuner.conclude()
    assert [nothing.parents, shared.parents] == [(), (3,)]
    assert nothing.params == shared.params
    assert nothing.params["task"] == "final"
    tried = [text for proposal in chain.proposals[4:6] for text in proposal.params["samples"]]
    assert reward(nothing.params["params"]) == max(reward(DECISIONS.read(text)) for text in tried)


def test_the_policy_learns_what_has_high_rewards() -> None:
    chain = Chain(samples=10, updates=10, learning_rate=0.01)
    chain.run(160)
    rewards = [
        sum(reward(DECISIONS.read(text)) for text in proposal.params["samples"]) / 10
        for proposal in chain.proposals
        if proposal.params["task"] == "evaluate"
    ]
    assert sum(rewards[-20:]) / 20 > sum(rewards[:20]) / 20 + 0.2


def test_a_space_that_cannot_be_written_as_text_is_refused() -> None:
    assert Enas.supports(SPACE) is None
    assert "lr is a number, and enas chooses among options" in str(
        Enas.supports({"lr": {"uniform": [0, 1]}})
    )
    assert Enas.supports({"op": list(range(63))}) == "op has more than 62 options"


@pytest.mark.parametrize("name", ["samples", "updates", "children", "parallel", "workers"])
def test_wrong_arguments_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, not 0"):
        Chain(**{name: 0})
    with pytest.raises(ValueError, match="learning_rate must be above 0, not 0"):
        Chain(learning_rate=0)


def test_samples_that_do_not_fit_into_params_are_refused() -> None:
    space = {f"layer{number}.op": ["a", "b"] for number in range(60)}
    most = Enas(space, seed=1, maximize=True, children=1020).propose(0)
    assert most is not None
    assert plain_proposal(most)
    text = r"^children must be at most 1020 for this search space, .* 65536 bytes, not 1021$"
    with pytest.raises(ValueError, match=text):
        Enas(space, seed=1, maximize=True, children=1021)

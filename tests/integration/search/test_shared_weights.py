"""A chain of generations that share their weights, with real trials, a kill and a resume."""

from __future__ import annotations

from typing import Any

import pytest

from heirloom.space import parse
from heirloom.space.decisions import Decisions
from heirloom.tuners.interface import Result
from heirloom.tuners.methods.enas.tuner import Enas
from tests.integration.search.conftest import Lab

# The shared weights are the number of their generation. Convolutions have high rewards.
TRIAL = """
    from heirloom import trial

    params, number = trial.params, -1
    if trial.restore_path:
        number = int((trial.restore_path / "generation").read_text())
    if params["task"] == "train":
        assert number + 1 == params["generation"]
        (trial.save_path / "generation").write_text(str(number + 1))
        trial.finish(0.0)
    elif params["task"] == "evaluate":
        assert number == params["generation"]
        rewards = [text.count("0") / len(text) for text in params["samples"]]
        trial.finish(sum(rewards) / len(rewards), rewards=rewards)
    else:
        assert number in (-1, params["generation"])
        trial.finish(1.0, inherits=number >= 0)
"""
SPACE: dict[str, Any] = {f"layer{number}.op": ["conv", "pool"] for number in range(4)}
ARGUMENTS: dict[str, Any] = {"samples": 4, "updates": 2, "children": 3}


@pytest.mark.training
def test_a_chain_goes_on_after_a_kill_as_if_nothing_had_happened(lab: Lab) -> None:
    lab.write("code/train.py", TRIAL)
    file = lab.experiment(
        "python train.py",
        name="enas",
        search_space=SPACE,
        tuner={"name": "enas", "args": ARGUMENTS},
        budget={"trials": 8},
        seed=3,
        keep="lineage",
    )
    lab.kill_after(4, "run", file)
    lab("resume", "enas")
    trials = lab.trials("enas")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert [trial["parents"] for trial in trials] == [
        [], [0], [0], [0], [3], [3], [3], [6], [], [3],
    ]  # fmt: skip
    assert [trial["params"] for trial in trials] == uninterrupted()


def uninterrupted() -> list[Any]:
    """The params that a tuner proposes which is never interrupted."""
    tuner = Enas(SPACE, seed=3, maximize=True, **ARGUMENTS)
    decisions = Decisions(parse(SPACE))
    found = []
    for trial in range(8):
        proposal = tuner.propose(trial)
        assert proposal is not None
        found.append(proposal.params)
        rewards = [
            list(decisions.read(text).values()).count("conv") / 4
            for text in proposal.params["samples"]
        ]
        parents = tuple(proposal.parents)
        given: dict[str, Any] = {"weights": True, "restored": parents}
        given["result"] = {"rewards": rewards}
        tuner.observe(Result(trial, "succeeded", 0.0, proposal.params, parents, **given))
    return [*found, *(proposal.params for proposal in tuner.conclude())]

"""Optuna's samplers as tuners: what they propose, learn from and repeat."""

import json
import os
from importlib.util import find_spec
from statistics import median
from typing import Any

import pytest

from heirloom.objective import Objectives
from heirloom.space import contains, parse
from heirloom.tuners import Proposal, Result, Tuner
from heirloom.tuners.optuna import GP, TPE
from heirloom.tuners.random import Random

SPACE: dict[str, Any] = {
    "x": {"_type": "uniform", "_value": [-5, 5]},
    "rate": {"_type": "loguniform", "_value": [1e-4, 1]},
    "steps": {"_type": "quniform", "_value": [1, 9, 2]},
    "shift": {"_type": "normal", "_value": [3, 0.5]},
    "scale": {"_type": "qlognormal", "_value": [0, 1, 0.5]},
    "n": {"_type": "randint", "_value": [2, 6]},
    "act": {
        "_type": "choice",
        "_value": [
            "relu",
            [1, 2],
            {
                "_name": "leaky",
                "slope": {
                    "_type": "choice",
                    "_value": [
                        {"_name": "set", "a": {"_type": "uniform", "_value": [0, 1]}},
                        "learned",
                    ],
                },
            },
        ],
    },
}

needs_torch = pytest.mark.skipif(  # where CI is set, they fail instead
    not find_spec("torch") and not os.environ.get("CI"), reason="gp needs torch"
)
KINDS = [TPE, pytest.param(GP, marks=needs_torch)]


def ended(trial: int, proposal: Proposal, state: str, value: float | None) -> Result:
    return Result(trial_id=trial, state=state, value=value, params=proposal.params)


def proposals(tuner: Tuner, count: int, ahead: int = 3) -> list[Any]:
    """What is proposed when trials end in a mixture of ways, `ahead` of them under way."""
    states = [("succeeded", 0.5), ("stopped", 0.2), ("failed", None), ("stopped", None)]
    asked: list[Proposal] = []
    for trial in range(count):
        proposal = tuner.propose(trial)
        assert proposal is not None
        asked.append(proposal)
        if trial >= ahead:
            over = trial - ahead
            state, value = states[over % len(states)]
            tuner.observe(ended(over, asked[over], state, value))
    return [dict(proposal.params) for proposal in asked]


@pytest.mark.parametrize("kind", KINDS)
def test_every_proposal_fits_the_space_and_is_plain(kind: type[Tuner]) -> None:
    space = parse(SPACE)
    found = proposals(kind(SPACE, seed=5, maximize=True, startup=8), 24)
    for params in found:
        assert contains(space, params)
        assert json.loads(json.dumps(params)) == params
    chosen = [params["act"] for params in found]
    assert "relu" in chosen
    assert any(isinstance(act, dict) and act["_name"] == "leaky" for act in chosen)


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_and_calls_give_the_same_answers(kind: type[Tuner]) -> None:
    first = proposals(kind(SPACE, seed=5, maximize=False, startup=4), 16)
    assert proposals(kind(SPACE, seed=5, maximize=False, startup=4), 16) == first
    assert proposals(kind(SPACE, seed=6, maximize=False, startup=4), 16) != first


BOWL: dict[str, Any] = {
    "x": {"_type": "uniform", "_value": [-5, 5]},
    "y": {"_type": "loguniform", "_value": [1e-3, 1e3]},
    "act": {"_type": "choice", "_value": ["relu", "tanh", "elu"]},
}


def depth(params: Any) -> float:
    return (params["x"] - 2) ** 2 + abs(params["y"] - 1) / 10 + 3 * (params["act"] != "tanh")


def found_after(tuner: Tuner, trials: int, sign: int) -> float:
    best = float("inf")
    for trial in range(trials):
        proposal = tuner.propose(trial)
        assert proposal is not None
        best = min(best, depth(proposal.params))
        tuner.observe(ended(trial, proposal, "succeeded", sign * depth(proposal.params)))
    return best


@pytest.mark.parametrize("sign", [1, -1])
def test_tpe_learns_from_results_in_either_direction(sign: int) -> None:
    learned = [found_after(TPE(BOWL, seed=seed, maximize=sign < 0), 60, sign) for seed in range(3)]
    drawn = [found_after(Random(BOWL, seed=seed, maximize=True), 60, sign) for seed in range(9)]
    assert median(learned) < median(drawn) / 2


@needs_torch
def test_gp_learns_from_few_results() -> None:
    learned = found_after(GP(BOWL, seed=0, maximize=False, startup=8), 16, 1)
    drawn = [found_after(Random(BOWL, seed=seed, maximize=False), 16, 1) for seed in range(9)]
    assert learned < median(drawn) / 2


def test_result_of_another_proposal_is_ignored() -> None:
    tuner = TPE(BOWL, seed=0, maximize=True)
    proposal = tuner.propose(0)
    tuner.observe(ended(7, proposal, "succeeded", 1.0))
    tuner.observe(ended(0, proposal, "cancelled", None))
    tuner.observe(ended(0, proposal, "cancelled", None))
    assert tuner.propose(1) != proposal


@pytest.mark.parametrize(
    ("args", "message"), [({"startup": -1}, "startup"), ({"candidates": 0}, "candidates")]
)
def test_wrong_arguments_are_refused(args: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TPE(BOWL, seed=0, maximize=True, **args)


def test_missing_package_is_named_with_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("heirloom.tuners.optuna.find_spec", lambda package: None)
    with pytest.raises(ValueError, match=r"tpe needs optuna: .*pip install -r requirements-optuna"):
        TPE(BOWL, seed=0, maximize=True)
    with pytest.raises(ValueError, match=r"gp needs optuna, scipy, torch: .*txt torch"):
        GP(BOWL, seed=0, maximize=True)


@pytest.mark.parametrize("kind", KINDS)
def test_several_objectives_with_a_bound(kind: type[Tuner]) -> None:
    """The sampler learns that only small x are feasible, and proposes few others."""
    space = {"x": {"_type": "uniform", "_value": [0, 1]}}
    objectives = Objectives.parse({"a": "maximize", "b": {"minimize": True, "at_most": 0.2}})
    tuner = kind(space, seed=3, maximize=True, objectives=objectives, startup=6)
    found = []
    for trial in range(18):
        proposal = tuner.propose(trial)
        assert proposal is not None
        x = float(proposal.params["x"])
        found.append(x)
        values = {"a": x, "b": x} if trial else {}
        tuner.observe(Result(trial, "succeeded", values.get("a"), proposal.params, values=values))
    tuner.observe(Result(99, "stopped", 0.5, {"x": 0.5}))
    assert median(found[6:]) < median(found[:6])


def test_tpe_learns_from_trials_that_were_out_of_bounds_before_training() -> None:
    objectives = Objectives.parse({"accuracy": "maximize", "macs": {"at_most": -4}})
    space = {"x": {"_type": "uniform", "_value": [-5, 5]}}
    tuner = TPE(space, seed=1, maximize=True, objectives=objectives, startup=5)
    found = []
    for trial in range(40):
        proposal = tuner.propose(trial)
        assert proposal is not None
        x = proposal.params["x"]
        is_within = x <= -4
        values = {"macs": x} | ({"accuracy": 0.5} if is_within else {})
        state = "succeeded" if is_within else "stopped"
        value = values.get("accuracy")
        tuner.observe(
            Result(trial_id=trial, state=state, value=value, values=values, params=proposal.params)
        )
        found.append(x)
    assert median(found[-10:]) < -3
    again = TPE(space, seed=1, maximize=True, objectives=objectives, startup=5)
    again.load_state(json.loads(json.dumps(tuner.state())))
    assert again.propose(40) == tuner.propose(40)

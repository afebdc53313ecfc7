"""The tuners that learn a policy: reinforce, and that of NASNet."""

from __future__ import annotations

from typing import Any

import pytest

from heirloom.space import contains, parse
from heirloom.tuners.interface import Result
from heirloom.tuners.methods.nasnet import Nasnet
from heirloom.tuners.methods.reinforce import ReinforceTuner
from heirloom.tuners.registry import find
from tests.unit.tuners.methods.play import Play

SPACE: dict[str, Any] = {
    **{name: ["none", "skip", "conv1", "conv3", "pool"] for name in ("a", "b", "c", "d")},
    "e": [{"_name": "wide", "width": [8, 16, 32]}, "narrow"],
}
TUNERS: list[Any] = [ReinforceTuner, Nasnet]
SMALL: dict[Any, dict[str, Any]] = {ReinforceTuner: {}, Nasnet: {"units": 8, "batch": 4}}


def value(params):
    return sum(params[name] == "conv3" for name in "abcd") + (params["e"] != "narrow")


def make(tuner, **arguments):
    return tuner(SPACE, **{"seed": 1, "maximize": True, **SMALL[tuner], **arguments})


@pytest.mark.parametrize("tuner", TUNERS)
@pytest.mark.parametrize("maximize", [True, False])
def test_a_policy_learns_what_is_good(tuner, maximize):
    faster = {"learning_rate": 0.05 if tuner is ReinforceTuner else 0.01}
    sign = 1 if maximize else -1
    play = Play(make(tuner, maximize=maximize, **faster), lambda params: sign * value(params))
    values = [sign * value(proposal.params) for proposal in play.run(300).proposals]
    early, late = sum(values[:60]) / 60, sum(values[-60:]) / 60
    assert sign * (late - early) > 1.0


@pytest.mark.parametrize("tuner", TUNERS)
def test_proposals_fit_the_space_and_name_no_parent(tuner):
    play = Play(make(tuner), value, slots=4).run(30)
    assert len({str(proposal.params) for proposal in play.proposals}) > 20
    assert all(contains(parse(SPACE), proposal.params) for proposal in play.proposals)
    assert not any(proposal.parents for proposal in play.proposals)
    assert not play.tuner.may_be_parent(3)


@pytest.mark.parametrize("tuner", TUNERS)
def test_the_same_seed_and_calls_have_the_same_answers(tuner):
    def run(seed):
        return [
            each.params for each in Play(make(tuner, seed=seed), value, slots=3).run(40).proposals
        ]

    assert run(5) == run(5)
    assert run(5) != run(6)


@pytest.mark.parametrize("tuner", TUNERS)
def test_trials_that_fail_change_nothing(tuner):
    """Nor do imported ones: the policy did not draw them."""
    fails, others = (make(tuner) for _ in range(2))
    for trial in range(12):
        proposal = fails.propose(trial)
        assert proposal == others.propose(trial)
        fails.observe(Result(trial, "failed", None, proposal.params))
        others.observe(Result(trial, "cancelled", 3.0, proposal.params))
        others.observe(Result(100 + trial, "succeeded", 3.0, proposal.params, imported=True))
    assert fails.propose(12) == others.propose(12)


@pytest.mark.parametrize("tuner", TUNERS)
def test_initial_candidates_come_first_and_are_learned_from(tuner):
    first = {**dict.fromkeys("abcd", "pool"), "e": {"_name": "wide", "width": 16}}
    with_initial = make(tuner, initial=[first] * 4)
    assert [with_initial.propose(trial).params for trial in range(4)] == [first] * 4
    policy = with_initial._policy
    tokens = with_initial._decisions.sequence(first)
    before = float(policy.score([tokens])[0].data[0])
    for trial in range(4):
        with_initial.observe(Result(trial, "succeeded", float(trial), first))
    after = float(policy.score([tokens])[0].data[0])
    assert after > before or tuner is Nasnet  # whose first batch is compared with its mean
    with pytest.raises(ValueError, match="initial: candidate 0: a: must be one of"):
        make(tuner, initial=[{**first, "a": "conv9"}])


@pytest.mark.parametrize("tuner", TUNERS)
def test_a_number_is_refused_by_its_name(tuner):
    assert tuner.supports(SPACE) is None
    nested = {"op": [{"_name": "conv", "rate": {"uniform": [0, 1]}}, "skip"]}
    assert tuner.supports(nested) == (
        f"op.conv.rate is a number, and {tuner.name} chooses among options: list some of its values"
    )
    assert "n is a number" in str(tuner.supports({"n": {"randint": [0, 3]}}))
    assert tuner.supports({}) == "it has no parameter"


@pytest.mark.parametrize("tuner", TUNERS)
def test_a_missing_numpy_is_named(tuner, monkeypatch):
    monkeypatch.setattr("heirloom.tuners.policy.require.find_spec", lambda name: None)
    with pytest.raises(
        ValueError, match=f"{tuner.name} needs numpy in the environment of the tuner"
    ):
        make(tuner)


@pytest.mark.parametrize(
    ("tuner", "arguments", "message"),
    [
        (ReinforceTuner, {"learning_rate": 0}, "learning_rate must be above 0"),
        (ReinforceTuner, {"decay": 1.0}, "decay from 0 to below 1"),
        (Nasnet, {"units": 0}, "units must be at least 1, not 0"),
        (Nasnet, {"batch": 0}, "batch must be at least 1, not 0"),
        (Nasnet, {"passes": 0}, "passes must be at least 1, not 0"),
        (Nasnet, {"entropy": -1}, "entropy at least 0"),
    ],
)
def test_wrong_arguments_are_named(tuner, arguments, message):
    with pytest.raises(ValueError, match=message):
        make(tuner, **arguments)


def test_the_policy_of_nasnet_learns_from_whole_batches():
    tuner = make(Nasnet)
    before = tuner._policy.parameters["hidden"].data
    proposals = [tuner.propose(trial) for trial in range(4)]
    for trial in range(3):
        tuner.observe(Result(trial, "succeeded", float(trial), proposals[trial].params))
    assert tuner._policy.parameters["hidden"].data is before
    tuner.observe(Result(3, "succeeded", 3.0, proposals[3].params))
    assert (tuner._policy.parameters["hidden"].data != before).any()


def test_both_are_found_by_name():
    assert [find("tuner", "nasnet"), find("tuner", "reinforce")] == [Nasnet, ReinforceTuner]

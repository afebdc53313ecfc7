"""The rules by which policies learn: the average, Adam, REINFORCE and PPO."""

from __future__ import annotations

import json
import random
from unittest.mock import Mock

import numpy as np
import pytest

from heirloom.tuners.policy.adam import Adam, dump, load
from heirloom.tuners.policy.average import MovingAverage
from heirloom.tuners.policy.gradient import Ppo, Reinforce
from heirloom.tuners.policy.lstm import LstmPolicy
from heirloom.tuners.policy.sample import Sample, pick
from heirloom.tuners.policy.skips import SkipPenalty
from heirloom.tuners.policy.softmax import SoftmaxPolicy
from heirloom.tuners.policy.tape import Value
from tests.unit.tuners.policy.problems import FLAT, decisions, differences


def softmax(spread: float = 0.3) -> SoftmaxPolicy:
    return SoftmaxPolicy(decisions(FLAT), random.Random(1), spread)


def ppo(policy, **arguments) -> Ppo:
    settings = {"clip": 0.2, "entropy": 0.0, "passes": 1, **arguments}
    return Ppo(policy, Adam(policy.parameters, 0.01), MovingAverage(0.95), **settings)


def test_the_average_of_one_reward_is_that_reward():
    average = MovingAverage(0.9)
    assert average.value is None
    average.add(5.0)
    assert average.value == pytest.approx(5)
    average.add(7.0)
    assert average.value == pytest.approx((0.9 * 5 + 7) / 1.9)


def test_an_average_that_is_not_corrected_begins_at_0():
    average = MovingAverage(0.99, corrected=False)
    average.add(5.0)
    assert average.value == pytest.approx(0.05)


def test_adam_makes_the_steps_of_its_paper():
    each = Value(np.array([[1.0, -2.0]]))
    adam = Adam({"x": each}, 0.1, beta1=0.5, beta2=0.9, epsilon=0.01)
    data, mean, square = each.data.copy(), np.zeros((1, 2)), np.zeros((1, 2))
    for number, grad in enumerate(([[2.0, 0.5]], [[-1.0, 3.0]], [[0.0, 1.0]]), 1):
        each.grad = np.array(grad)
        adam.ascend()
        mean = 0.5 * mean + 0.5 * np.array(grad)
        square = 0.9 * square + 0.1 * np.array(grad) ** 2
        data += 0.1 * (mean / (1 - 0.5**number)) / (np.sqrt(square / (1 - 0.9**number)) + 0.01)
        assert each.data == pytest.approx(data)


def test_arrays_keep_every_bit_as_text():
    array = np.array([[1 / 3, -1e-300, 2.5], [np.pi, 0.0, 7e200]])
    assert (load(dump(array), (2, 3)) == array).all()
    with pytest.raises(ValueError, match="reshape"):
        load(dump(array), (2, 4))


def test_reinforce_raises_what_was_better_than_average():
    policy = softmax()
    rule = Reinforce(policy, Adam(policy.parameters, 0.01), MovingAverage(0.9))
    good, bad = [0, 3, 6], [1, 4, 7]
    before = policy.score([good, bad])[0].data
    rule.learn([Sample(bad, 0.0, 10.0)])
    assert policy.score([good, bad])[0].data == pytest.approx(before)  # it is the average
    rule.learn([Sample(good, 0.0, 12.0)])
    between = policy.score([good, bad])[0].data
    assert between[0] > before[0]
    rule.learn([Sample(bad, 0.0, 9.0)])
    assert policy.score([good, bad])[0].data[1] < between[1]


def clipped_objective(rule: Ppo, policy, samples, advantages, entropy: float) -> float:
    """As equation 7 of the paper has it, with the entropy beside it."""
    logs, entropies = policy.score([sample.tokens for sample in samples])
    ratios = np.exp(logs.data - [sample.log_probability for sample in samples])
    clipped = np.clip(ratios, 0.8, 1.2)
    terms = np.minimum(ratios * advantages, clipped * advantages)
    return float((terms + entropy * entropies.data).mean())


def test_ppo_climbs_its_clipped_objective():
    policy = LstmPolicy(decisions(FLAT), random.Random(1), units=5, spread=0.8)
    rng = random.Random(4)
    drawn = [policy.draw(rng) for _ in range(8)]
    moved = [0.0, 0.1, -0.1, 0.5, -0.5, 0.5, -0.5, 0.05]  # as if the policy had changed since
    samples = [
        Sample(tokens, log - by, 0.0) for (tokens, log), by in zip(drawn, moved, strict=True)
    ]
    advantages = np.array([1.0, -1.0, 2.0, 1.5, 1.5, -1.5, -1.5, -0.5])
    rule = ppo(policy, entropy=0.1)
    rule.differentiate(samples, advantages)
    for difference, derivative in differences(
        policy.parameters, lambda: clipped_objective(rule, policy, samples, advantages, 0.1)
    ):
        assert derivative == pytest.approx(difference, abs=1e-7)


def test_ppo_stops_where_the_ratio_is_clipped():
    policy = softmax()
    rule = ppo(policy)
    log = float(policy.score([[0, 3, 6]])[0].data[0])
    rule.differentiate([Sample([0, 3, 6], log - 0.5, 0.0)], np.array([1.0]))
    assert not np.any(policy.parameters["logits"].grad)


def test_ppo_compares_with_the_rewards_before_its_batch():
    """The first batch is compared with its mean; a batch of equal rewards changes nothing then."""
    policy = softmax()
    before = policy.parameters["logits"].data.copy()
    rule = ppo(policy, passes=3)
    log = float(policy.score([[0, 3, 6]])[0].data[0])
    rule.learn([Sample([0, 3, 6], log, 5.0)] * 4)
    assert policy.parameters["logits"].data == pytest.approx(before)
    rule.learn([Sample([0, 3, 6], log, 6.0)] * 4)
    assert float(policy.score([[0, 3, 6]])[0].data[0]) > log


def test_a_rule_goes_on_from_its_state():
    def learned(policy, rule):
        for index in range(5):
            rule.learn([Sample([index % 3, 3, 6 + index % 2], -3.0, float(index))])
        return policy.parameters["logits"].data

    policy = softmax()
    rule = ppo(policy, passes=2)
    learned(policy, rule)
    state = json.loads(json.dumps(rule.state()))
    other = softmax(spread=0.0)
    restored = ppo(other, passes=2)
    restored.load_state(state)
    assert (learned(policy, rule) == learned(other, restored)).all()


def test_pick_takes_every_index_by_its_share():
    rng = random.Random(1)
    drawn = [pick(np.array([0.2, 0.0, 0.5, 0.3]), rng) for _ in range(1000)]
    assert [drawn.count(index) / 1000 for index in range(4)] == pytest.approx(
        [0.2, 0, 0.5, 0.3], abs=0.04
    )


def test_pick_takes_the_likeliest_index_where_rounding_leaves_a_rest():
    rng = Mock(random.Random)
    rng.random.return_value = 0.99995
    assert pick(np.array([0.4, 0.5999]), rng) == 1
    assert pick(np.array([0.5999, 0.4]), rng) == 0


SKIPS = {
    "layer1.op": ["a", "b"],
    "layer2.op": ["a", "b"],
    "layer2.skip0": ["no", "yes"],
    "layer3.skip0": ["no", "yes"],
    "layer3.skip1": ["no", "yes"],
}


def test_the_skip_penalty_is_the_divergence_from_the_target():
    found = decisions(SKIPS)
    policy = LstmPolicy(found, random.Random(1), units=4, spread=0.9)
    penalty = SkipPenalty(found, 0.4)
    assert penalty.layers == 2
    sequence = [0, 2, 4, 6, 8]
    expected = 0.0
    for number, step in enumerate(policy.steps([sequence])):
        if number >= 2:
            start = found.offsets[number]
            no, yes = np.exp(step.logits.data[0, start : start + 2])
            share = yes / (no + yes)
            expected += share * np.log(share / 0.4) + (1 - share) * np.log((1 - share) / 0.6)
    assert penalty.of(policy, [sequence]).data == pytest.approx([expected / 2])


def test_derivatives_of_the_skip_penalty_are_those_of_finite_differences():
    found = decisions(SKIPS)
    policy = LstmPolicy(found, random.Random(1), units=4, spread=0.9, bound=1.5)
    sequences = [[0, 2, 4, 6, 8], [1, 3, 5, 6, 9]]
    SkipPenalty(found, 0.4).of(policy, sequences).sum().backward()
    for difference, derivative in differences(
        policy.parameters, lambda: float(SkipPenalty(found, 0.4).of(policy, sequences).data.sum())
    ):
        assert derivative == pytest.approx(difference, abs=1e-7)


def test_with_equal_rewards_the_penalty_alone_moves_skips_to_the_target():
    found = decisions(SKIPS)
    policy = LstmPolicy(found, random.Random(1), units=6)
    penalty = SkipPenalty(found, 0.1)
    rule = Reinforce(
        policy,
        Adam(policy.parameters, 0.02),
        MovingAverage(0.9),
        penalty=lambda sequences: penalty.of(policy, sequences),
    )
    rng = random.Random(1)
    for _ in range(80):
        rule.learn([Sample(policy.draw(rng)[0], 0.0, 1.0) for _ in range(4)])
    drawn = [policy.draw(rng)[0] for _ in range(200)]
    assert sum(tokens[2] == 5 for tokens in drawn) / 200 == pytest.approx(0.1, abs=0.08)


def test_the_entropy_is_added_to_the_reward():
    policy = softmax()
    rule = Reinforce(policy, Adam(policy.parameters, 0.01), MovingAverage(0.5), entropy=1.0)
    rule.learn([Sample([0, 3, 6], 0.0, 2.0)])
    entropies = float(policy.score([[0, 3, 6]])[1].data[0])
    assert rule.state()["baseline"][0] / 0.5 == pytest.approx(2.0 + entropies, abs=0.01)

"""The two policies: what they draw, its probability, and exact derivatives."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from math import exp, log

import numpy as np
import pytest

from heirloom.tuners.policy.lstm import LstmPolicy
from heirloom.tuners.policy.softmax import SoftmaxPolicy
from tests.unit.tuners.policy.problems import FLAT, NESTED, decisions, differences


def policy(kind: str, space=NESTED):
    if kind == "lstm":
        return LstmPolicy(decisions(space), random.Random(1), units=6, spread=0.8)
    return SoftmaxPolicy(decisions(space), random.Random(1), spread=0.8)


KINDS = ("lstm", "softmax")


@pytest.mark.parametrize("kind", KINDS)
def test_the_probabilities_of_all_sequences_are_one_in_all(kind: str):
    found = decisions(FLAT)
    options = [range(start, start + 3) for start in found.offsets]
    logs, _ = policy(kind, FLAT).score(list(itertools.product(*options)))
    assert sum(map(exp, logs.data)) == pytest.approx(1)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_follow_the_probabilities_that_score_gives(kind: str):
    drawing, rng = policy(kind), random.Random(2)
    drawn = [drawing.draw(rng) for _ in range(2000)]
    counts = Counter(tuple(tokens) for tokens, _ in drawn)
    logs, _ = drawing.score(list(counts))
    for (tokens, count), expected in zip(counts.items(), logs.data, strict=True):
        one = next(log_probability for each, log_probability in drawn if tuple(each) == tokens)
        assert one == pytest.approx(expected)
        assert count / 2000 == pytest.approx(exp(expected), abs=0.035)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_are_those_of_finite_differences(kind: str):
    """With sequences of different lengths in one batch."""
    scored, rng = policy(kind), random.Random(3)
    sequences = [scored.draw(rng)[0] for _ in range(7)]
    assert len({len(each) for each in sequences}) == 2
    weights = np.array([0.5, -1.0, 2.0, 0.0, 1.5, -0.3, 0.7])

    def objective():
        logs, entropies = scored.score(sequences)
        return (logs * weights).sum() + (entropies * (weights * 0.3)).sum()

    objective().backward()
    found = differences(scored.parameters, lambda: float(objective().data))
    assert len(found) > 10
    assert any(abs(derivative) > 0.01 for _, derivative in found)
    for difference, derivative in found:
        assert derivative == pytest.approx(difference, abs=1e-7)


def test_the_entropy_of_even_choices_is_that_of_dice():
    even = SoftmaxPolicy(decisions(FLAT), random.Random(1), spread=0.0)
    _, entropies = even.score([[0, 3, 6], [1, 4, 7]])
    assert entropies.data == pytest.approx([3 * log(3)] * 2)


def test_a_decision_of_an_lstm_depends_on_those_before():
    found = policy("lstm", FLAT)
    logs, _ = found.score([[0, 3, 6], [0, 3, 7], [2, 5, 6], [2, 5, 7]])
    assert logs.data[0] - logs.data[1] != pytest.approx(logs.data[2] - logs.data[3], abs=1e-3)


def test_logits_of_an_lstm_stay_within_the_bound():
    bounded = LstmPolicy(decisions(FLAT), random.Random(1), units=6, spread=30, bound=0.5)
    logs, _ = bounded.score([[0, 3, 6], [1, 4, 7], [2, 5, 8]])
    lowest = -0.5 - log(exp(-0.5) + 2 * exp(0.5))
    assert all(3 * lowest <= each < 0 for each in logs.data)

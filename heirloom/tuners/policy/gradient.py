"""The two rules by which a policy learns from rewards: REINFORCE and PPO."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Optional

import numpy as np

from .adam import Adam
from .average import MovingAverage
from .sample import Policy, Sample
from .tape import Array, Value

Penalty = Callable[[Sequence[Sequence[int]]], Value]


class _Rule:
    """What the rules share: a policy that learns, its optimizer, and the average of rewards."""

    def __init__(self, policy: Policy, adam: Adam, baseline: MovingAverage) -> None:
        self._policy = policy
        self._adam = adam
        self._baseline = baseline

    def state(self) -> dict[str, Any]:
        """What was learned, as JSON."""
        return {"adam": self._adam.state(), "baseline": self._baseline.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned."""
        self._adam.load_state(state["adam"])
        self._baseline.load_state(state["baseline"])


class Reinforce(_Rule):
    """The policy gradient, with a moving average of rewards as its baseline.

    Each reward is added to the average before it is compared with it, as in the code of
    NAS-Bench-201.

    Williams: Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement
    Learning, 1992, https://doi.org/10.1007/BF00992696

    Args:
        policy: what learns.
        adam: makes the steps.
        baseline: the average.
        entropy: the weight of a sequence's entropy, which is added to its reward as in ENAS.
        penalty: gives a number for each sequence, whose mean is lowered.
    """

    def __init__(
        self,
        policy: Policy,
        adam: Adam,
        baseline: MovingAverage,
        *,
        entropy: float = 0.0,
        penalty: Optional[Penalty] = None,
    ) -> None:
        super().__init__(policy, adam, baseline)
        self._entropy = entropy
        self._penalty = penalty

    def learn(self, samples: Sequence[Sample]) -> None:
        """Make one step, by the mean over the samples."""
        sequences = [sample.tokens for sample in samples]
        logs, entropies = self._policy.score(sequences)
        advantages = []
        for sample, each in zip(samples, entropies.data):
            reward = sample.reward + self._entropy * float(each)
            self._baseline.add(reward)
            advantages.append(reward - (self._baseline.value or 0.0))
        objective = (logs * (np.array(advantages) / len(samples))).sum()
        if self._penalty is not None:
            objective = objective + self._penalty(sequences).sum() * (-1 / len(samples))
        objective.backward()
        self._adam.ascend()


class Ppo(_Rule):
    """Proximal policy optimization, with a moving average of rewards as its baseline.

    The ratio is that of whole sequences. A reward is compared with the average of the rewards
    before its batch; those of the first batch with their mean.

    Schulman, Wolski, Dhariwal, Radford, Klimov: Proximal Policy Optimization Algorithms, 2017,
    https://arxiv.org/abs/1707.06347

    Args:
        policy: what learns.
        adam: makes the steps.
        baseline: the average.
        clip: how far a ratio of probabilities counts.
        entropy: the weight of the mean entropy of a sequence in the objective.
        passes: the steps for one batch.
    """

    def __init__(
        self,
        policy: Policy,
        adam: Adam,
        baseline: MovingAverage,
        *,
        clip: float,
        entropy: float,
        passes: int,
    ) -> None:
        super().__init__(policy, adam, baseline)
        self._clip = clip
        self._entropy = entropy
        self._passes = passes

    def learn(self, samples: Sequence[Sample]) -> None:
        """Make the steps for one batch."""
        rewards = np.array([sample.reward for sample in samples])
        average = self._baseline.value
        advantages = rewards - (rewards.mean() if average is None else average)
        for _ in range(self._passes):
            self.differentiate(samples, advantages)
            self._adam.ascend()
        for sample in samples:
            self._baseline.add(sample.reward)

    def differentiate(self, samples: Sequence[Sample], advantages: Array) -> None:
        """Set the derivatives of the clipped objective by the policy's parameters.

        Where the clipped term is the smaller one it is constant, and its derivative 0.
        """
        logs, entropies = self._policy.score([sample.tokens for sample in samples])
        before = np.array([sample.log_probability for sample in samples])
        ratios = np.exp(np.clip(logs.data - before, -50, 50))
        is_clipped = np.where(advantages > 0, ratios > 1 + self._clip, ratios < 1 - self._clip)
        weights = np.where(is_clipped, 0.0, ratios * advantages) / len(samples)
        bonus = entropies * (self._entropy / len(samples))
        ((logs * weights).sum() + bonus.sum()).backward()

"""A policy of independent decisions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from ...space.decisions import Decisions
from .sample import pick
from .tape import Array, Value, entropy, log_probability, probabilities


class SoftmaxPolicy:
    """A softmax for each decision, which does not depend on the decisions before it.

    That is the policy of the REINFORCE baseline of NAS-Bench-201: Dong, Yang: NAS-Bench-201:
    Extending the Scope of Reproducible Neural Architecture Search, ICLR 2020,
    https://arxiv.org/abs/2001.00326

    Args:
        decisions: the decisions.
        rng: draws the first logits, from a normal distribution.
        spread: its standard deviation.
    """

    def __init__(self, decisions: Decisions, rng: Random, spread: float = 1e-3) -> None:
        self._decisions = decisions
        logits = [[rng.gauss(0, spread) for _ in range(decisions.tokens)]]
        self.parameters: Mapping[str, Value] = {"logits": Value(np.array(logits))}

    def draw(self, rng: Random) -> tuple[list[int], float]:
        """A sequence, and the logarithm of its probability."""
        tokens: list[int] = []
        total = 0.0

        def choose(decision: int) -> int:
            nonlocal total
            shares = self.shares(decision)
            index = pick(shares, rng)
            tokens.append(self._decisions.offsets[decision] + index)
            total += float(np.log(shares[index]))
            return index

        self._decisions.candidate(choose)
        return tokens, total

    def shares(self, decision: int) -> Array:
        """The probability of each option of a decision."""
        start = self._decisions.offsets[decision]
        logits = self.parameters["logits"].data[:, start : start + self._decisions.sizes[decision]]
        shares: Array = probabilities(logits, np.ones_like(logits, bool))[0]
        return shares

    def score(self, sequences: Sequence[Sequence[int]]) -> tuple[Value, Value]:
        """For each sequence, the logarithm of its probability, and the sum of the entropies."""
        masks = masks_of(self._decisions)
        rows = [row for row, tokens in enumerate(sequences) for _ in tokens]
        chosen = np.array([token for tokens in sequences for token in tokens], np.int64)
        mask = masks[[self._decisions.decision(token) for token in chosen]]
        logits = self.parameters["logits"].rows(np.zeros(len(chosen), np.int64))
        member = np.zeros((len(sequences), len(chosen)))
        member[rows, np.arange(len(chosen))] = 1.0
        return (
            _added(log_probability(logits, mask, chosen), member),
            _added(entropy(logits, mask), member),
        )


def masks_of(decisions: Decisions) -> NDArray[np.bool_]:
    """For each decision, which tokens are its options."""
    masks = np.zeros((len(decisions.sizes), decisions.tokens), bool)
    for number, (start, size) in enumerate(zip(decisions.offsets, decisions.sizes)):
        masks[number, start : start + size] = True
    return masks


def _added(each: Value, member: Array) -> Value:
    """The sums of numbers over the sequences to which they belong."""
    return Value(member @ each.data, (each,), lambda g: [member.T @ g])

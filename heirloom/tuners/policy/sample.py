"""A candidate that a policy drew, and the interface of a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from .tape import Array, Value


@dataclass(frozen=True)
class Sample:
    """A sequence and its reward.

    Args:
        tokens: the sequence, as `Decisions` writes it.
        log_probability: that of the sequence when it was drawn.
        reward: a larger one is better.
    """

    tokens: Sequence[int]
    log_probability: float
    reward: float


class Policy(Protocol):
    """A distribution over sequences that can be differentiated by its parameters."""

    parameters: Mapping[str, Value]

    def draw(self, rng: Random) -> tuple[list[int], float]:
        """A sequence, and the logarithm of its probability."""

    def score(self, sequences: Sequence[Sequence[int]]) -> tuple[Value, Value]:
        """For each sequence, the logarithm of its probability, and the sum of the entropies."""


def pick(shares: Array, rng: Random) -> int:
    """An index that is drawn with these probabilities, which sum to 1."""
    left = rng.random()
    for index, share in enumerate(shares):
        left -= share
        if left < 0:
            return index
    return int(shares.argmax())  # rounding left a rest

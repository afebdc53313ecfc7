"""The baseline of a policy gradient: a moving average of rewards."""

from __future__ import annotations

from typing import Optional


class MovingAverage:
    """The exponential moving average of rewards.

    Args:
        decay: how much of the average stays when a reward is added.
        corrected: whether the sum is divided by the sum of weights, so that the average of one
            reward is that reward. If not, the average begins at 0.
    """

    def __init__(self, decay: float, *, corrected: bool = True) -> None:
        self._decay = decay
        self._total, self._weight = 0.0, 0.0 if corrected else 1.0
        self._corrected = corrected

    def add(self, reward: float) -> None:
        """Add a reward."""
        self._total = self._decay * self._total + (1 - self._decay) * reward
        if self._corrected:
            self._weight = self._decay * self._weight + 1 - self._decay

    @property
    def value(self) -> Optional[float]:
        """The average; None before the first reward if it is corrected."""
        return self._total / self._weight if self._weight else None

    def state(self) -> list[float]:
        """The average as JSON."""
        return [self._total, self._weight]

    def load_state(self, state: list[float]) -> None:
        """Take over what `state` returned."""
        self._total, self._weight = state

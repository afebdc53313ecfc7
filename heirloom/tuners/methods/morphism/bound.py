"""The confidence bound of a network's cost, from the costs of trained networks."""

from __future__ import annotations

from collections.abc import Sequence

from .distance import distance
from .embedding import embed, landmarks
from .outline import Outline
from .regression import GaussianProcess


class Bound:
    """Lower confidence bounds by a Gaussian process over edit distances.

    known: the outlines of trained networks; at least one.
    costs: of each, where smaller is better; their mean is 0 and their standard deviation 1.
    beta: how many standard deviations the bound is below the mean.
    """

    def __init__(self, known: Sequence[Outline], costs: Sequence[float], beta: float) -> None:
        self._known = known
        self._beta = beta
        self._sets = landmarks(len(known))
        self._process = GaussianProcess([self._embedded(each) for each in known], costs)

    def of(self, network: Outline) -> float:
        """The bound of a network."""
        mean, deviation = self._process.predict(self._embedded(network))
        return mean - self._beta * deviation

    def _embedded(self, network: Outline) -> list[float]:
        return embed([distance(network, other) for other in self._known], self._sets)

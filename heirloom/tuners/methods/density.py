"""A kernel density estimate over the params of trials, as BOHB's model needs it.

Each param is a number from 0 to 1, its share of the parameter's distribution, or for a choice the
index of its option. The kernel is a product: a normal one cut off at 0 and 1 for numbers,
Aitchison and Aitken's for choices. The bandwidths follow the normal reference rule.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from statistics import NormalDist, pstdev

_NORMAL = NormalDist()
_SMALLEST_BANDWIDTH = 1e-3


@dataclass(frozen=True)
class Axis:
    """One parameter. `options`: how many a choice has; 0 for a number."""

    options: int = 0

    def density(self, value: float, centre: float, bandwidth: float) -> float:
        """The kernel around `centre`, at `value`."""
        if self.options:
            width = min(bandwidth, 1 - 1 / self.options)
            return 1 - width if value == centre else width / (self.options - 1)
        inside = _NORMAL.cdf((1 - centre) / bandwidth) - _NORMAL.cdf(-centre / bandwidth)
        return _NORMAL.pdf((value - centre) / bandwidth) / (bandwidth * inside)

    def draw(self, centre: float, bandwidth: float, rng: Random) -> float:
        """A random value around `centre`."""
        if self.options:
            width = min(bandwidth, 1 - 1 / self.options)
            return centre if rng.random() < 1 - width else float(rng.randrange(self.options))
        low, high = _NORMAL.cdf(-centre / bandwidth), _NORMAL.cdf((1 - centre) / bandwidth)
        share = min(max(low + rng.random() * (high - low), 1e-12), 1 - 1e-12)
        return min(max(centre + bandwidth * _NORMAL.inv_cdf(share), 0.0), 1.0)


class Density:
    """The estimate from `points`, which are sequences as long as `axes`; at least one."""

    def __init__(self, axes: Sequence[Axis], points: Sequence[Sequence[float]]) -> None:
        self._axes = axes
        self._points = points
        scale = 1.06 * len(points) ** (-1 / (4 + len(axes)))
        self._bandwidths = [
            max(_SMALLEST_BANDWIDTH, scale * pstdev(values)) for values in zip(*points)
        ]

    def at(self, point: Sequence[float]) -> float:
        """The density at a point."""
        return sum(self._kernel(point, centre) for centre in self._points) / len(self._points)

    def draw(self, rng: Random, widening: float) -> list[float]:
        """A random point near one of the points, with bandwidths so many times as wide."""
        centre = rng.choice(self._points)
        return [
            axis.draw(value, bandwidth * widening, rng)
            for axis, value, bandwidth in zip(self._axes, centre, self._bandwidths)
        ]

    def _kernel(self, point: Sequence[float], centre: Sequence[float]) -> float:
        parts = zip(self._axes, point, centre, self._bandwidths)
        return math.prod(axis.density(value, around, width) for axis, value, around, width in parts)

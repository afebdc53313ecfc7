"""Arm A, whose trials inherit, against arm B, whose trials start from nothing.

The protocol is docs/explanation/inherit-protocol.md.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean
from typing import NamedTuple

from benchmarks.inherit.figures.costs import Cost, Spent

FIGURES = ("epochs", "cpu", "wall")
SAMPLES = 10_000
_SEED = 0
_TAIL = 0.025


class Interval(NamedTuple):
    """An estimate, and the interval of its bootstrap from the 2.5th to the 97.5th percentile."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """What came out.

    Args:
        target: the mean over the seeds of B's best values, at its best length.
        best: that length.
        cheapest: the length at which B needs the fewest epochs until the target, among those at
            which at least as many of its searches reach it as at its best length.
        arm_a: the cost of each search of arm A until the target, by seed.
        arm_b: those of arm B, by length and seed.
        ratios: of B's mean cost to A's, by length and figure.
        intervals: those at B's cheapest length, by figure. The length, as everything else, is
            chosen anew in each sample of the bootstrap.
    """

    target: float
    best: int
    cheapest: int
    arm_a: Sequence[Cost]
    arm_b: Mapping[int, Sequence[Cost]]
    ratios: Mapping[int, Mapping[str, float]]
    intervals: Mapping[str, Interval]


class _Point(NamedTuple):
    """The comparison of some seeds, of which one may occur several times."""

    target: float
    best: int
    cheapest: int
    arm_a: list[Cost]
    arm_b: dict[int, list[Cost]]

    def ratio(self, length: int, figure: str) -> float:
        """B's mean cost to A's."""
        return _mean(self.arm_b[length], figure) / _mean(self.arm_a, figure)


def compare(arm_a: Sequence[Spent], arm_b: Mapping[int, Sequence[Spent]]) -> Comparison:
    """Compare the searches of arm A with those of arm B, which are by length.

    All of them are by seed. Raises ValueError unless each length has the seeds of arm A.
    """
    if not arm_a or not arm_b or any(len(runs) != len(arm_a) for runs in arm_b.values()):
        raise ValueError("each arm needs a search with each seed")
    seeds = range(len(arm_a))
    found = _point(arm_a, arm_b, tuple(seeds))

    @cache
    def ratios(sample: tuple[int, ...]) -> tuple[float, ...]:
        point = _point(arm_a, arm_b, sample)
        return tuple(point.ratio(point.cheapest, figure) for figure in FIGURES)

    rng = random.Random(_SEED)
    samples = [ratios(tuple(sorted(rng.choices(seeds, k=len(seeds))))) for _ in range(SAMPLES)]
    intervals = {
        figure: _interval(found.ratio(found.cheapest, figure), [each[at] for each in samples])
        for at, figure in enumerate(FIGURES)
    }
    by_length = {
        length: {figure: found.ratio(length, figure) for figure in FIGURES} for length in arm_b
    }
    return Comparison(
        found.target, found.best, found.cheapest, found.arm_a, found.arm_b, by_length, intervals
    )


def _point(
    arm_a: Sequence[Spent], arm_b: Mapping[int, Sequence[Spent]], seeds: Sequence[int]
) -> _Point:
    values = {length: mean(runs[seed].value for seed in seeds) for length, runs in arm_b.items()}
    best = max(values, key=lambda length: values[length])
    target = values[best]
    costs = {length: [runs[seed].until(target) for seed in seeds] for length, runs in arm_b.items()}
    reached = {length: sum(cost.reached for cost in found) for length, found in costs.items()}
    # A search that never reaches the target costs its whole budget, which a short length has least.
    able = [length for length in costs if reached[length] >= reached[best]]
    cheapest = min(able, key=lambda length: _mean(costs[length], "epochs"))
    return _Point(target, best, cheapest, [arm_a[seed].until(target) for seed in seeds], costs)


def _mean(costs: Sequence[Cost], figure: str) -> float:
    values: list[float] = [getattr(cost, figure) for cost in costs]
    return mean(values)


def _interval(value: float, samples: list[float]) -> Interval:
    ordered = sorted(samples)
    low = ordered[int(_TAIL * len(ordered))]
    high = ordered[min(len(ordered) - 1, int((1 - _TAIL) * len(ordered)))]
    return Interval(value, low, high)

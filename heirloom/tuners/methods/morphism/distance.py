"""The edit distance between two networks, as Auto-Keras defines it.

Jin, Song, Hu: Auto-Keras: An Efficient Neural Architecture Search System, KDD 2019,
https://arxiv.org/abs/1806.10282, section 3.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .outline import Outline, Skip, Step

LAMBDA = 1.0  # how much a skip connection counts beside a layer


def distance(one: Outline, other: Outline) -> float:
    """The number of layers and skip connections to change, where a change in size counts less.

    Needs SciPy if both have skip connections.
    """
    skips = _skips_distance(one.skips, other.skips)
    return _steps_distance(one.steps, other.steps) + LAMBDA * skips


def _steps_distance(one: Sequence[Step], other: Sequence[Step]) -> float:
    """The cheapest alignment that keeps the order; a layer without a partner costs 1."""
    row = [float(j) for j in range(len(other) + 1)]
    for i, step in enumerate(one, start=1):
        last = float(i)
        new = [last]
        for partner, diagonal, above in zip(other, row, row[1:]):
            least = above if above < last else last
            matched = diagonal + _step_distance(step, partner)
            last = matched if matched < least + 1 else least + 1
            new.append(last)
        row = new
    return row[-1]


@lru_cache(maxsize=4096)  # most of the time goes here
def _step_distance(one: Step, other: Step) -> float:
    """1 for different types, else the mean relative difference of their sizes."""
    if one == other:
        return 0.0
    if one.kind != other.kind:
        return 1.0
    pairs = zip(one.sizes, other.sizes)
    return sum(abs(a - b) / max(a, b) for a, b in pairs) / len(one.sizes)


def _skips_distance(one: Sequence[Skip], other: Sequence[Skip]) -> float:
    """The cheapest assignment, by the Hungarian method; a connection without a partner costs 1."""
    alone = abs(len(one) - len(other))
    if not one or not other:
        return float(alone)
    from scipy.optimize import linear_sum_assignment

    costs = [[_skip_distance(a, b) for b in other] for a in one]
    rows, columns = linear_sum_assignment(costs)
    return alone + sum(costs[int(i)][int(j)] for i, j in zip(rows, columns))


def _skip_distance(one: Skip, other: Skip) -> float:
    """1 for different types, else the relative difference of where they start and how far they go.

    `length` is at least 1, so the divisor is positive.
    """
    if one.kind != other.kind:
        return 1.0
    apart = abs(one.start - other.start) + abs(one.length - other.length)
    return apart / (max(one.start, other.start) + max(one.length, other.length))

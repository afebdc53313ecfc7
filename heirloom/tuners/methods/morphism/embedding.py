"""Bourgain's embedding of points, of which only the distances are known, in a Euclidean space.

The edit distance is no Euclidean one, so a kernel made of it need not be positive definite. In the
embedding, each coordinate of a point is its distance to a random set of the known points.
Bourgain: On Lipschitz Embedding of Finite Metric Spaces in Hilbert Space, 1985,
https://doi.org/10.1007/BF02776078
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

_SEED = 123  # the same points are always embedded alike


def landmarks(count: int) -> list[tuple[int, ...]]:
    """Random sets of `count` points: of 1, 2, 4, … of them, and the more sets the more points.

    Auto-Keras draws the points of a set with replacement; here they are all different.
    """
    rng = random.Random(_SEED)  # noqa: S311 - it must be repeatable
    repeats = max(1, math.ceil(math.log(count)))
    sizes = [2**power for power in range(max(1, math.ceil(math.log2(count))))]
    return [tuple(rng.sample(range(count), size)) for size in sizes for _ in range(repeats)]


def embed(distances: Sequence[float], sets: Sequence[Sequence[int]]) -> list[float]:
    """The coordinates of a point with these distances to the known points.

    They are scaled so that two points are in the embedding at most as far apart as they are.
    """
    scale = 1 / math.sqrt(len(sets))
    return [scale * min(distances[point] for point in each) for each in sets]

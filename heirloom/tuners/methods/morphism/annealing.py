"""The search for the network to train next: a best-first search with simulated annealing.

Jin, Song, Hu: Auto-Keras, https://arxiv.org/abs/1806.10282, algorithm 1.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Generic, Optional, TypeVar

N = TypeVar("N")


@dataclass(frozen=True)
class Root(Generic[N]):
    """A network that was trained. `cost`: its own, where smaller is better."""

    network: N
    trial: int
    cost: float


@dataclass(frozen=True)
class Found(Generic[N]):
    """A new network, and the trial whose network it was changed from."""

    network: N
    trial: int
    cost: float


def anneal(
    roots: Sequence[Root[N]],
    neighbours: Callable[[N], Iterable[N]],
    cost: Callable[[N], float],
    rng: Random,
    *,
    decay: float,
    lowest: float,
) -> Optional[Found[N]]:
    """Return the new network of the lowest cost that is met; None if there is no new one.

    The cheapest network that was not expanded is expanded next. Of its neighbours, each that is
    cheaper than all before is kept to be expanded, and another with the probability
    exp((lowest cost - its cost) / temperature). The temperature begins at 1, is multiplied by
    `decay` at each step, and ends the search at `lowest`.

    neighbours: gives networks that were neither trained nor given before.
    """
    queue = [(root.cost, order, root.network, root.trial) for order, root in enumerate(roots)]
    heapq.heapify(queue)  # of equal cost, the first comes first
    order = len(queue)
    cheapest = min((root.cost for root in roots), default=math.inf)
    best: Optional[Found[N]] = None
    temperature = 1.0
    while queue and temperature > lowest:
        temperature *= decay
        _, _, network, trial = heapq.heappop(queue)
        for neighbour in neighbours(network):
            found = Found(neighbour, trial, cost(neighbour))
            if math.exp(min(0.0, (cheapest - found.cost) / temperature)) > rng.random():
                heapq.heappush(queue, (found.cost, order, neighbour, trial))
                order += 1
            cheapest = min(cheapest, found.cost)
            if best is None or found.cost < best.cost:
                best = found
    return best

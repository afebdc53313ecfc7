"""Choose the node for the next attempt."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable

from controller.core.model import NodeInfo


class Placement:
    """Counts the attempts on each node. Every operation takes O(log n) amortized.

    A node may hold more attempts than its slots can take. The others wait there.

    Args:
        slots: the number of slots that one attempt takes.
        lookahead: attempts that may wait on each node; None: as many as its slots can take.
    """

    def __init__(self, slots: int = 1, lookahead: int | None = None) -> None:
        self.nodes: dict[str, NodeInfo] = {}
        self.capacity = 0  # attempts, running and waiting, that the nodes that are up may hold
        self._slots = slots
        self._lookahead = lookahead
        self._taken: dict[str, int] = {}
        self._down: dict[str, str] = {}
        self._order: dict[str, int] = {}
        self._heap: list[tuple[tuple[int, int], int, int, str]] = []  # (rank, order, taken, name)

    def set_lookahead(self, lookahead: int | None) -> None:
        """Change the number of attempts that may wait on each node."""
        if lookahead != self._lookahead:
            self._lookahead = lookahead
            self._count_capacity()
            self._rebuild()

    def set_nodes(self, nodes: Iterable[NodeInfo]) -> None:
        """Set the nodes of the inventory. Attempts on nodes that it no longer has stay counted."""
        self.nodes = {node.name: node for node in nodes}
        self._order = {name: index for index, name in enumerate(self.nodes)}
        self._down = {name: why for name, why in self._down.items() if name in self.nodes}
        self._count_capacity()
        self._rebuild()

    def taken(self, node: str) -> int:
        """The number of attempts on the node."""
        return self._taken.get(node, 0)

    def free(self, node: str) -> int:
        """The number of further attempts that the slots can take; negative if some wait there."""
        return self._abreast(node) - self.taken(node)

    def limit(self, node: str) -> int:
        """The number of attempts, running and waiting, that the node may hold."""
        abreast = self._abreast(node)
        beyond = abreast if self._lookahead is None else self._lookahead
        return abreast + beyond if abreast else 0

    def take(self, node: str) -> None:
        """Count an attempt on the node."""
        self._change(node, 1)

    def give_back(self, node: str) -> None:
        """The attempt has left the node."""
        self._change(node, -1)

    def best(self) -> str | None:
        """The node for the next attempt, or None if every node that is up holds its limit.

        The node whose slots can take the most attempts; if no slot is free, the node on which the
        most further attempts may wait. Among equals the inventory's order decides.
        """
        best = self._first()
        return best if best is not None and self.taken(best) < self.limit(best) else None

    def best_but(self, avoid: Collection[str]) -> str | None:
        """The best node that is up and not in `avoid`, even at its limit; else the best of all."""
        best = self._first()
        passed = set()
        while (other := self._first()) is not None and other in avoid:
            passed.add(other)
            heapq.heappop(self._heap)
        for name in passed:
            self._push(name)
        return best if other is None else other

    def set_down(self, node: str, reason: str) -> None:
        """Place nothing on the node until `set_up`."""
        if node in self.nodes:
            self._down[node] = reason
            self._count_capacity()

    def set_up(self, node: str) -> None:
        """Place attempts on the node again."""
        if self._down.pop(node, None) is not None:
            self._count_capacity()
            self._push(node)

    def is_up(self, node: str) -> bool:
        """Whether the inventory has the node and nothing keeps attempts from it."""
        return node in self.nodes and node not in self._down

    @property
    def down(self) -> dict[str, str]:
        """The nodes that get no attempts, each with the reason."""
        return dict(self._down)

    def _abreast(self, node: str) -> int:
        """The number of attempts that the node can run at once."""
        return self.nodes[node].slots // self._slots if node in self.nodes else 0

    def _change(self, node: str, by: int) -> None:
        self._taken[node] = self.taken(node) + by
        if self.is_up(node):
            self._push(node)

    def _first(self) -> str | None:
        while self._heap:
            _, order, taken, name = self._heap[0]
            if self.is_up(name) and self._order[name] == order and self.taken(name) == taken:
                return name
            heapq.heappop(self._heap)
        return None

    def _push(self, name: str) -> None:
        # Outdated entries of the node are dropped when they reach the top, or by a rebuild.
        heapq.heappush(self._heap, self._entry(name))
        if len(self._heap) > 4 * len(self.nodes) + 64:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [self._entry(name) for name in self.nodes if self.is_up(name)]
        heapq.heapify(self._heap)

    def _entry(self, name: str) -> tuple[tuple[int, int], int, int, str]:
        free, taken = self.free(name), self.taken(name)
        rank = (0, -free) if free > 0 else (1, taken - self.limit(name))
        return rank, self._order[name], taken, name

    def _count_capacity(self) -> None:
        self.capacity = sum(self.limit(name) for name in self.nodes if self.is_up(name))

"""Which node gets the next attempt."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from controller.core.model import NodeInfo


class Placement:
    """Keeps the account of slots. A node may be given more than its slots: the rest waits there.

    `best` is the node with the most free slots, in the inventory's order among equals;
    every operation takes O(log n) amortized.
    """

    def __init__(self) -> None:
        self.nodes: dict[str, NodeInfo] = {}
        self.total_slots = 0  # of the nodes that are up
        self._taken: dict[str, int] = {}
        self._down: dict[str, str] = {}
        self._order: dict[str, int] = {}
        self._heap: list[tuple[int, int, int, str]] = []  # (-free, order, taken, name)

    def set_nodes(self, nodes: Iterable[NodeInfo]) -> None:
        """Take the nodes of the inventory; attempts on nodes that are gone stay counted."""
        self.nodes = {node.name: node for node in nodes}
        self._order = {name: index for index, name in enumerate(self.nodes)}
        self._down = {name: why for name, why in self._down.items() if name in self.nodes}
        self._count_slots()
        self._heap = []
        for name in self.nodes:
            self._push(name)

    def taken(self, node: str) -> int:
        """Slots of the node that attempts were placed for; more than it has when some wait."""
        return self._taken.get(node, 0)

    def free(self, node: str) -> int:
        """Slots that no attempt was placed for; negative when some wait."""
        return self.nodes[node].slots - self.taken(node) if node in self.nodes else 0

    def take(self, node: str, slots: int) -> None:
        """Count an attempt on the node."""
        self._change(node, slots)

    def give_back(self, node: str, slots: int) -> None:
        """The attempt is over."""
        self._change(node, -slots)

    def best(self) -> str | None:
        """The node that is up with the most free slots, or None where all are down."""
        while self._heap:
            _, order, taken, name = self._heap[0]
            current = self._order.get(name) == order and self.taken(name) == taken
            if current and name not in self._down:
                return name
            heapq.heappop(self._heap)
        return None

    def set_down(self, node: str, reason: str) -> None:
        """Place nothing on the node until `set_up`."""
        if node in self.nodes:
            self._down[node] = reason
            self._count_slots()

    def set_up(self, node: str) -> None:
        """The node is well again."""
        if self._down.pop(node, None) is not None:
            self._count_slots()
            self._push(node)

    @property
    def down(self) -> dict[str, str]:
        """Nodes that do not answer, each with the reason."""
        return dict(self._down)

    def _change(self, node: str, slots: int) -> None:
        self._taken[node] = self.taken(node) + slots
        if node in self.nodes and node not in self._down:
            self._push(node)

    def _push(self, name: str) -> None:
        # The node's older entries are dropped by `best` as they surface, and by a rebuild here.
        if len(self._heap) > 4 * len(self.nodes) + 64:
            self._heap = [self._entry(name) for name in self.nodes if name not in self._down]
            heapq.heapify(self._heap)
        heapq.heappush(self._heap, self._entry(name))

    def _entry(self, name: str) -> tuple[int, int, int, str]:
        return -self.free(name), self._order[name], self.taken(name), name

    def _count_slots(self) -> None:
        self.total_slots = sum(n.slots for n in self.nodes.values() if n.name not in self._down)

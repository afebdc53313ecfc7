"""The queue: trials without an attempt on a node, in dependency order."""

from __future__ import annotations

import heapq
from collections.abc import Collection


class Queue:
    """Ready trials by id, and trials that wait for parents.

    Every operation takes O(log n) amortized, plus O(1) for each parent.
    """

    def __init__(self) -> None:
        self._ready: list[int] = []  # heap; may hold trials that were removed since
        self._is_ready: set[int] = set()
        self._unmet: dict[int, set[int]] = {}  # waiting trial -> parents without weights so far
        self._children: dict[int, dict[int, None]] = {}  # parent -> trials that wait for it

    def __len__(self) -> int:
        return len(self._is_ready) + len(self._unmet)

    def __contains__(self, trial: int) -> bool:
        return trial in self._is_ready or trial in self._unmet

    def add(self, trial: int, unmet: Collection[int]) -> None:
        """Queue a trial that waits for the parents in `unmet`. Without any it is ready.

        Raises ValueError if the trial is in the queue.
        """
        if trial in self:
            raise ValueError(f"trial {trial} is queued already")
        if not unmet:
            self._make_ready(trial)
            return
        self._unmet[trial] = set(unmet)
        for parent in unmet:
            self._children.setdefault(parent, {})[trial] = None

    def release(self, parent: int) -> list[int]:
        """The parent is committed. Return the trials that waited for it; some may be ready now."""
        children = list(self._children.pop(parent, ()))
        for trial in children:
            unmet = self._unmet[trial]
            unmet.discard(parent)
            if not unmet:
                del self._unmet[trial]
                self._make_ready(trial)
        return children

    def waiting_for(self, parent: int) -> list[int]:
        """The queued trials that wait for this parent."""
        return list(self._children.get(parent, ()))

    def remove(self, trial: int) -> bool:
        """Remove a trial, ready or waiting. Return whether it was in the queue."""
        if trial in self._is_ready:
            self._is_ready.discard(trial)
            return True
        unmet = self._unmet.pop(trial, None)
        for parent in unmet or ():
            siblings = self._children[parent]
            del siblings[trial]
            if not siblings:
                del self._children[parent]
        return unmet is not None

    def is_ready(self, trial: int) -> bool:
        """Whether the trial is in the queue and every parent is committed."""
        return trial in self._is_ready

    def first_ready(self) -> int | None:
        """The ready trial with the smallest id, or None. It stays in the queue."""
        while self._ready and self._ready[0] not in self._is_ready:
            heapq.heappop(self._ready)
        return self._ready[0] if self._ready else None

    def ready(self) -> list[int]:
        """All ready trials by id, in O(n log n)."""
        return sorted(self._is_ready)

    def waiting(self) -> list[int]:
        """All trials that wait for parents, in the order in which they were added."""
        return list(self._unmet)

    def unmet(self, trial: int) -> frozenset[int]:
        """The parents that a waiting trial still waits for."""
        return frozenset(self._unmet.get(trial, ()))

    def _make_ready(self, trial: int) -> None:
        self._is_ready.add(trial)
        heapq.heappush(self._ready, trial)

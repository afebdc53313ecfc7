"""Candidates that are known to be good: a tuner proposes them before its own."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Optional

from ..space import Space, mismatches, sample


class Initial:
    """The argument `initial` of a tuner: params of trials that are proposed first, in their order.

    Raises ValueError if a candidate does not fit the search space.
    """

    def __init__(self, space: Space, candidates: Sequence[Mapping[str, Any]]) -> None:
        for index, params in enumerate(candidates):
            for path, text in mismatches(space, params):
                raise ValueError(f"initial: candidate {index}: {'.'.join(map(str, path))}: {text}")
        self._space = space
        self._left = deque(copy.deepcopy(dict(params)) for params in candidates)

    def state(self) -> int:
        """The number of candidates that are left."""
        return len(self._left)

    def load_state(self, left: int) -> None:
        """Skip all but the last `left` candidates. Raises ValueError if there are not as many."""
        if not 0 <= left <= len(self._left):
            raise ValueError(f"initial has {len(self._left)} candidates, and {left} are to be left")
        while len(self._left) > left:
            self._left.popleft()

    def next(self) -> Optional[dict[str, Any]]:
        """The next candidate; None after the last."""
        return self._left.popleft() if self._left else None

    def draw(self, rng: Random) -> dict[str, Any]:
        """The next candidate; after the last, a random one."""
        first = self.next()
        return sample(self._space, rng) if first is None else first

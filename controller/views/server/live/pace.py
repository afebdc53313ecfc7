"""How often documents are made again, so that their readers cost little, whatever their number."""

from __future__ import annotations

import time
from collections.abc import Callable

SHARE = 1 / 8  # of a core, for all documents that are made again
_LEAST = 1.0  # seconds between two times that a document is made
_ACTIVE = 30.0  # seconds after which a document that nobody asked for takes no share


class Pace:
    """Divides a share of a core among the documents that are asked for.

    A document that takes t seconds of processor time is made again after t·n/SHARE seconds at the
    earliest, where n documents are asked for. All of them then take SHARE of a core at most.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[str, float] = {}  # when each document was asked for, the latest last

    def note(self, document: str) -> None:
        """A document is asked for."""
        now = self._clock()
        self._asked.pop(document, None)
        self._asked[document] = now
        while (first := next(iter(self._asked))) and self._asked[first] < now - _ACTIVE:
            del self._asked[first]

    def interval(self, seconds: float) -> float:
        """The seconds between two times that a document is made which takes `seconds`."""
        return max(_LEAST, seconds * max(1, len(self._asked)) / SHARE)

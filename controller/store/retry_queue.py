"""Operations on the store, retried until they succeed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from heirloom.store.backoff import pauses

_FIRST_DELAY, _LONGEST_DELAY = 0.25, 10.0  # seconds between two tries
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Operation:
    name: str
    run: Callable[[], None]
    due: float
    has_failed: bool = False
    delays: Iterator[float] = field(default_factory=lambda: pauses(_FIRST_DELAY, _LONGEST_DELAY))


class RetryQueue:
    """Operations that have not succeeded yet. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: list[_Operation] = []

    def add(self, name: str, run: Callable[[], None]) -> None:
        """Call `run` when `run_due` is called next, and again with growing delays while it raises.

        `name` is the operation's name in the log.
        """
        self._waiting.append(_Operation(name, run, self._clock()))

    def run_due(self) -> bool:
        """Run the operations that are due. True when one of them succeeded."""
        now = self._clock()
        due = [operation for operation in self._waiting if operation.due <= now]
        self._waiting = [operation for operation in self._waiting if operation.due > now]
        any_done = False
        for operation in due:
            try:
                operation.run()
                any_done = True
            except Exception as error:
                # A programming error is retried too: an operation must never be lost.
                if not operation.has_failed:
                    trace = not isinstance(error, OSError)
                    _log.warning("%s: %s: trying again", operation.name, error, exc_info=trace)
                    operation.has_failed = True
                operation.due = self._clock() + next(operation.delays)
                self._waiting.append(operation)
        return any_done

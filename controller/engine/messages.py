"""What threads have for the loop: one queue, into which they put what they have to tell."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.core import events as e
from controller.dispatch.interface import Answer


@dataclass(frozen=True, slots=True)
class EventsReceived:
    """Something happened; `journaled` is called when the journal holds it."""

    events: Sequence[e.Event]
    journaled: Callable[[], None] | None


@dataclass(frozen=True, slots=True)
class NodesAnswered:
    """Nodes answered."""

    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class AttemptSilent:
    """An attempt's heartbeat stands still."""

    trial: int
    number: int


class MessageQueue:
    """The queue into which threads put what they have to tell; any thread may call any method."""

    def __init__(self) -> None:
        self.items: queue.SimpleQueue[EventsReceived | NodesAnswered | AttemptSilent | None] = (
            queue.SimpleQueue()
        )

    def events(
        self, events: Sequence[e.Event], journaled: Callable[[], None] | None = None
    ) -> None:
        """Something happened; `journaled` is called when the journal holds it."""
        self.items.put(EventsReceived(events, journaled))

    def answers(self, answers: Sequence[Answer]) -> None:
        """Nodes answered."""
        self.items.put(NodesAnswered(answers))

    def silence(self, trial: int, number: int) -> None:
        """An attempt's heartbeat stands still."""
        self.items.put(AttemptSilent(trial, number))

    def wake(self) -> None:
        """Something outside the queue wants attention. Safe in a signal handler."""
        self.items.put(None)

"""The queue through which other threads report to the loop."""

from __future__ import annotations

import contextlib
import queue
from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.core import events as e


@dataclass(frozen=True, slots=True)
class EventsReceived:
    """Something happened. `mail` names the messages on the store that reported it."""

    events: Sequence[e.Event]
    mail: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class AttemptSilent:
    """An attempt's heartbeat has stopped."""

    trial: int
    number: int


@dataclass(slots=True)
class Batch:
    """Everything that was reported since the last turn of the loop."""

    events: list[e.Event] = field(default_factory=list)
    mail: list[str] = field(default_factory=list)  # to be acknowledged once the journal has it
    silent: list[AttemptSilent] = field(default_factory=list)


class MessageQueue:
    """Collects reports for the loop. Any thread may call any method."""

    def __init__(self) -> None:
        self.items: queue.SimpleQueue[EventsReceived | AttemptSilent | None] = queue.SimpleQueue()

    def events(self, events: Sequence[e.Event], mail: Sequence[str] = ()) -> None:
        """Report events, and the names of the messages on the store that they come from."""
        self.items.put(EventsReceived(events, mail))

    def lost_heartbeat(self, trial: int, number: int) -> None:
        """Report that an attempt's heartbeat has stopped."""
        self.items.put(AttemptSilent(trial, number))

    def wake(self) -> None:
        """Wake the loop without a report. Safe in a signal handler."""
        self.items.put(None)

    def collect(self, timeout: float) -> Batch:
        """Wait for a report, `timeout` seconds at most, and take all that are there."""
        batch = Batch()
        with contextlib.suppress(queue.Empty):
            item = self.items.get(timeout=timeout)
            while True:
                match item:
                    case EventsReceived():
                        batch.events += item.events
                        batch.mail += item.mail
                    case AttemptSilent():
                        batch.silent.append(item)
                item = self.items.get_nowait()
        return batch

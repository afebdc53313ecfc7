"""What the loop asks of a dispatcher, and what it hears back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Start:
    """Put an attempt on a node. `spec` is what the supervisor gets (docs/reference/files.md)."""

    attempt: str
    node: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """End an attempt on its node. `how`: stopped, cancelled or recalled."""

    attempt: str
    node: str
    how: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """Ask a node what became of an attempt."""

    attempt: str
    node: str


Order = Start | End | Probe


class AttemptStatus(StrEnum):
    """What a node says of an attempt."""

    STARTED = "started"  # this order started it
    RUNNING = "running"  # its supervisor lives
    ENDED = "ended"  # its supervisor finished; `outcome` says how
    DEAD = "dead"  # its supervisor died without a word
    ABSENT = "absent"  # the node never heard of it
    REFUSED = "refused"  # the node could not start it; `reason` says why
    UNREACHABLE = "unreachable"  # the node did not answer
    UNKNOWN = "unknown"  # the wave broke; nobody knows


@dataclass(frozen=True, slots=True)
class Answer:
    """One node's answer about one attempt, or the dispatcher's own where there was none."""

    order: Order
    found: AttemptStatus
    reason: str = ""
    outcome: Mapping[str, Any] | None = None  # the supervisor's `ended` message, with ENDED
    ours: bool = False  # with UNKNOWN: it was this machine that could not, and not the node


class Dispatcher(Protocol):
    """Carries orders to nodes in waves. Every order gets exactly one answer, in some thread."""

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders for the next waves. Returns at once."""

    def close(self, timeout: float) -> None:
        """Finish the waves under way, at most `timeout` seconds, and drop what was not sent."""


AnswerCallback = Callable[[Sequence[Answer]], None]

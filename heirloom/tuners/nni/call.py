"""One running call of a tuner, and the summary of the calls that take long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..process.protocol import LongCall
from .thread_activity import ThreadActivity

LONG = 10.0  # seconds after which a running call is reported


class LateProposal:
    """NNI's `st_callback`: the tuner calls it to propose after `generate_parameters` returned.

    As long as the tuner keeps the object, a proposal may still come.
    """

    __slots__ = ("__weakref__", "_receive")

    def __init__(self, receive: Callable[[int, Any], None]) -> None:
        self._receive = receive

    def __call__(self, parameter_id: int, params: Any) -> None:
        """Propose parameters for a `parameter_id` of an earlier call."""
        self._receive(parameter_id, params)


@dataclass(eq=False)
class Call:
    """One running call."""

    method: str
    parameter_id: int
    started_at: float  # on the monotonic clock
    delivered: int  # number of results that were delivered before it started
    activity: ThreadActivity | None = None  # set by the thread that runs it

    @property
    def blocked_since(self) -> float | None:
        """The time from which on it is blocked; None if it is not."""
        return self.activity.blocked_since if self.activity is not None else None

    def location(self, code_dirs: Sequence[str]) -> str:
        """`FILE:LINE` that it executes, in user code if possible."""
        return self.activity.location(code_dirs) if self.activity is not None else "its start"


def long_calls(calls: Iterable[Call], now: float, code_dirs: Sequence[str]) -> list[LongCall]:
    """Calls that take longer than LONG. Those at the same line become one entry."""
    found: dict[tuple[str, str, bool], LongCall] = {}
    frames = sys._current_frames()
    for call in calls:
        since = call.started_at if call.blocked_since is None else call.blocked_since
        if call.activity is None or now - since < LONG:
            continue
        location = call.activity.location(code_dirs, frames)
        is_blocked = call.blocked_since is not None
        entry = found.setdefault(
            (call.method, location, is_blocked),
            {
                "what": call.method,
                "place": location,
                "still": is_blocked,
                "count": 0,
                "parameter_id": call.parameter_id,
                "seconds": now - since,
            },
        )
        entry["count"] += 1
        entry["seconds"] = max(entry["seconds"], now - since)
    return list(found.values())


def without_durations(calls: Iterable[LongCall]) -> list[dict[str, Any]]:
    """The entries without `seconds`, to compare two summaries."""
    return [{key: value for key, value in call.items() if key != "seconds"} for call in calls]

"""One call of a tuner's that goes on, and what is told of those that go on for long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .thread_activity import ThreadActivity

NAMED = 10.0  # seconds after which a call that goes on is named


class Later:
    """`st_callback`: by it a tuner hands in parameters of which it had none when it was asked."""

    __slots__ = ("__weakref__", "_take")

    def __init__(self, take: Callable[[int, Any], None]) -> None:
        self._take = take

    def __call__(self, parameter_id: int, params: Any) -> None:
        """Propose these parameters under a number that was asked for before."""
        self._take(parameter_id, params)


@dataclass(eq=False)
class Call:
    """One call of the tuner's that goes on."""

    what: str  # the method
    parameter_id: int
    began_at: float
    heard: int  # results delivered when it began
    standing: ThreadActivity | None = None  # set in its thread

    @property
    def still_since(self) -> float | None:
        """Since when it stands still, if it does."""
        return self.standing.still_since if self.standing is not None else None

    def place(self, code: Sequence[str]) -> str:
        """`FILE:LINE` at which it stands, in the user's code where it can be."""
        return self.standing.place(code) if self.standing is not None else "its start"


def long_calls(calls: Iterable[Call], now: float, code: Sequence[str]) -> list[dict[str, Any]]:
    """Of calls that go on for long, for the controller: those at one place in the code together."""
    found: dict[tuple[str, str, bool], dict[str, Any]] = {}
    frames = sys._current_frames()
    for call in calls:
        since = call.began_at if call.still_since is None else call.still_since
        if call.standing is None or now - since < NAMED:
            continue
        place = call.standing.place(code, frames)
        key = (call.what, place, call.still_since is not None)
        said = found.setdefault(key, {
            "what": call.what, "place": place, "still": key[2], "count": 0,
            "parameter_id": call.parameter_id, "seconds": now - since,
        })  # fmt: skip
        said["count"] += 1
        said["seconds"] = max(said["seconds"], now - since)
    return list(found.values())


def unaged(said: dict[str, Any]) -> dict[str, Any]:
    """What is told of a call without what grows by itself."""
    return {key: value for key, value in said.items() if key != "seconds"}

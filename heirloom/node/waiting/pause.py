"""The type of the function with which a supervisor waits."""

from __future__ import annotations

from typing import Optional, Protocol


class Pause(Protocol):
    """Waits at most `timeout` seconds (None: no limit) for a wakeup or a readable descriptor.

    Returns the descriptors that are ready. It may raise AttemptEnded, which ends the wait.
    """

    def __call__(self, timeout: Optional[float], /, *descriptors: int) -> set[int]:
        """Wait."""

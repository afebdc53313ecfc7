"""Growing pauses between the tries of an operation that may have to be repeated."""

from __future__ import annotations

from collections.abc import Iterator


def pauses(first: float, longest: float, factor: float = 2.0) -> Iterator[float]:
    """Pauses in seconds: `first`, then each `factor` times the one before, at most `longest`."""
    pause = first
    while True:
        yield pause
        pause = min(pause * factor, longest)

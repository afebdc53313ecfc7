"""Measure how long an attempt's heartbeat has not changed, on the controller's own clock."""

from __future__ import annotations

ABSENT_FACTOR = 2.0  # an attempt without a heartbeat file may still wait to start: longer timeout


class HeartbeatMonitor:
    """The heartbeat of one attempt.

    Counts only reads that succeeded and that followed closely on the one before. A read that
    failed, stalled or came late (the store did not answer, the controller was suspended) says
    nothing about the supervisor, so counting starts again after it. `timeout` and `gap` are in
    seconds: how long the heartbeat may stay the same, and how far apart two reads may be. Reads
    that are always further apart (a slow store, many attempts) count as well.
    """

    def __init__(self, timeout: float, gap: float) -> None:
        self._timeout, self._gap = timeout, gap
        self._counter: bytes | None = None
        self._last_read: float | None = None
        self._unchanged_since = 0.0
        self._last_gap = 0.0  # seconds between the last two reads

    def is_lost(self, counter: bytes | None, now: float) -> bool:
        """Take the heartbeat's content (None: no file). True if it did not change for `timeout`.

        True is returned once; counting then starts again.
        """
        gap = None if self._last_read is None else now - self._last_read
        is_late = gap is None or gap > max(self._gap, 2 * self._last_gap)
        self._last_gap = gap or 0.0
        if is_late or counter != self._counter:
            self._unchanged_since = now
        self._counter, self._last_read = counter, now
        timeout = self._timeout if counter is not None else self._timeout * ABSENT_FACTOR
        if now - self._unchanged_since < timeout:
            return False
        self._unchanged_since = now
        return True

    def reset(self) -> None:
        """Start counting again: a read failed."""
        self._last_read = None

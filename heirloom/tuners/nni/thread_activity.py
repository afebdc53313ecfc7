"""Whether a thread does anything, and where in a user's code it stands."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

WINDOW = 0.025  # seconds over which a thread is judged, at least
_BUSY = 0.2  # share of them for which it must run, or wait for a processor, not to stand still


class ThreadActivity:
    """One thread, watched from others. To be made in that thread.

    A thread stands still when, over a window, it hardly ran and hardly waited for a processor:
    on an event, a lock, a file, or in a loop that mostly sleeps. Source: the first two figures of
    /proc/PID/task/TID/schedstat (Documentation/scheduler/sched-stats.rst in Linux); where there
    is no such file, the thread's CPU clock alone (pthread_getcpuclockid(3)).
    """

    def __init__(self) -> None:
        self.still_since: float | None = None  # on the monotonic clock; None while it is busy
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._file = f"/proc/self/task/{threading.get_native_id()}/schedstat"
        self._looked_at = time.monotonic()
        self._busy = self._busy_for()

    def look(self) -> None:
        """Judge the time since the last look, where that is long enough ago."""
        now = time.monotonic()
        passed = now - self._looked_at
        if passed < WINDOW:
            return
        busy = self._busy_for()
        if busy - self._busy >= _BUSY * passed:
            self.still_since = None
        elif self.still_since is None:
            self.still_since = self._looked_at
        self._looked_at, self._busy = now, busy

    def place(self, code: Sequence[str], frames: Mapping[int, FrameType] | None = None) -> str:
        """`FILE:LINE` of the innermost frame in a file under one of `code`, else of any.

        `frames`: what sys._current_frames() returned, for who asks about many.
        """
        frame = (frames or sys._current_frames()).get(self._thread)
        return _place(frame, tuple(code)) if frame is not None else "its end"

    def _busy_for(self) -> float:
        """Seconds for which it has run or waited for a processor."""
        waited = 0
        with contextlib.suppress(OSError, ValueError, IndexError):
            waited = int(Path(self._file).read_text().split()[1])
        try:
            return time.clock_gettime(self._clock) + waited / 1e9
        except OSError:  # the thread has ended
            return self._busy


def _place(frame: FrameType, code: tuple[str, ...]) -> str:
    found: FrameType | None = frame
    while found is not None:
        if found.f_code.co_filename.startswith(code):
            break
        found = found.f_back
    at = found or frame
    return f"{Path(at.f_code.co_filename).name}:{at.f_lineno}"

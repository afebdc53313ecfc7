"""Measures whether a thread is blocked, and at which line of user code."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

WINDOW = 0.025  # shortest time in seconds that is measured
_BUSY = 0.2  # share of that time for which a thread that is not blocked runs or waits for a CPU


class ThreadActivity:
    """The activity of the thread that creates this object. Other threads call the methods.

    A thread is blocked when, over a window, it hardly ran and hardly waited for a CPU: it waits for
    an event, a lock or a file, or mostly sleeps. Sources: run time and time waiting for a CPU, the
    first two numbers of /proc/PID/task/TID/schedstat (sched-stats.rst in the documentation of
    Linux); where that file is missing, the thread's CPU clock alone (pthread_getcpuclockid(3)).
    """

    def __init__(self) -> None:
        self.blocked_since: float | None = None  # on the monotonic clock; None: not blocked
        self._thread = threading.get_ident()
        self._clock = time.pthread_getcpuclockid(self._thread)
        self._file = f"/proc/self/task/{threading.get_native_id()}/schedstat"
        self._sampled_at = time.monotonic()
        self._busy = self._busy_time()

    def sample(self) -> None:
        """Update `blocked_since`, if the last sample is at least WINDOW old."""
        now = time.monotonic()
        passed = now - self._sampled_at
        if passed < WINDOW:
            return
        busy = self._busy_time()
        if busy - self._busy >= _BUSY * passed:
            self.blocked_since = None
        elif self.blocked_since is None:
            self.blocked_since = self._sampled_at
        self._sampled_at, self._busy = now, busy

    def location(
        self, code_dirs: Sequence[str], frames: Mapping[int, FrameType] | None = None
    ) -> str:
        """`FILE:LINE` of the innermost frame below one of `code_dirs`, else of any frame.

        `frames` is a result of sys._current_frames(), for callers that ask about many threads.
        """
        frame = (frames or sys._current_frames()).get(self._thread)
        return _location(frame, tuple(code_dirs)) if frame is not None else "its end"

    def _busy_time(self) -> float:
        """Seconds for which the thread has run or waited for a CPU."""
        waited = 0
        with contextlib.suppress(OSError, ValueError, IndexError):
            waited = int(Path(self._file).read_text().split()[1])
        try:
            return time.clock_gettime(self._clock) + waited / 1e9
        except OSError:  # the thread has ended
            return self._busy


def _location(frame: FrameType, code_dirs: tuple[str, ...]) -> str:
    found: FrameType | None = frame
    while found is not None:
        if found.f_code.co_filename.startswith(code_dirs):
            break
        found = found.f_back
    at = found or frame
    return f"{Path(at.f_code.co_filename).name}:{at.f_lineno}"

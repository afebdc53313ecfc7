"""The heartbeat of one supervisor, written whenever the supervisor waits."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import Optional

from ...store.files import open_file


class HeartbeatWaiter:
    """Waits for wakeups and descriptors, and writes the heartbeat file when that is due."""

    def __init__(self, wakeup: int, heartbeat: str, interval: float) -> None:
        """`wakeup` is a descriptor, `heartbeat` a path on the store, `interval` in seconds."""
        self.wakeup = wakeup
        self._heartbeat = heartbeat
        self._interval = interval
        self._counter = 0
        self._next = time.monotonic()

    def now(self) -> float:
        """The node's monotonic clock, in seconds."""
        return time.monotonic()

    def wait(self, timeout: Optional[float], *descriptors: int) -> set[int]:
        """Wait until the wakeup or a descriptor is readable; returns those that are.

        `timeout` is in seconds. The wait may end earlier, with nothing ready, when a heartbeat is
        due.
        """
        due = max(0.0, self._next - self.now())
        seconds = due if timeout is None else min(timeout, due)
        ready = set(select.select([self.wakeup, *descriptors], [], [], seconds)[0])
        if self.wakeup in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.wakeup, 4096)
        self.beat()
        return ready

    def beat(self) -> None:
        """Write the heartbeat if it is due. Errors are ignored: the attempt then looks silent."""
        now = self.now()
        if now < self._next:
            return
        self._next = now + self._interval
        self._counter += 1
        with contextlib.suppress(OSError):
            # Not truncated: the counter only grows longer, so no reader finds half of it. The trial
            # can replace the file by anything, so a link is not followed and a FIFO does not block.
            fd = open_file(self._heartbeat, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW)
            try:
                os.pwrite(fd, b"%d" % self._counter, 0)
            finally:
                os.close(fd)

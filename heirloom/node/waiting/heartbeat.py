"""The heartbeat of one supervisor, written whenever the supervisor waits."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import Optional

from ...store.files import open_file
from .end_requests import EndRequestPoller


class HeartbeatWaiter:
    """Waits for wakeups and descriptors, and writes the heartbeat file when that is due.

    It polls for requests to end attempts in the same way.
    """

    def __init__(
        self,
        wakeup: int,
        heartbeat: str,
        interval: float,
        poller: Optional[EndRequestPoller] = None,
    ) -> None:
        """`wakeup` is a descriptor, `heartbeat` a path on the store, `interval` in seconds."""
        self.wakeup = wakeup
        self._heartbeat = heartbeat
        self._interval = interval
        self._poller = poller
        self._counter = 0
        self._next = time.monotonic()

    def now(self) -> float:
        """The node's monotonic clock, in seconds."""
        return time.monotonic()

    def wait(self, timeout: Optional[float], *descriptors: int) -> set[int]:
        """Wait until the wakeup or a descriptor is readable; returns those that are.

        `timeout` is in seconds. The wait may end earlier, with nothing ready, when a heartbeat or
        a poll is due.
        """
        due = max(0.0, self._due() - self.now())
        seconds = due if timeout is None else min(timeout, due)
        ready = set(select.select([self.wakeup, *descriptors], [], [], seconds)[0])
        if self.wakeup in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.wakeup, 4096)
            if self._poller is not None:
                self._poller.due = self.now()  # the node's poller may have ended
        self.beat()
        return ready

    def beat(self) -> None:
        """Write the heartbeat and poll, if due. Errors are ignored: the attempt looks silent."""
        now = self.now()
        if now >= self._next:
            self._write(now)
        if self._poller is not None:
            self._poller.poll(now)

    def _due(self) -> float:
        return self._next if self._poller is None else min(self._next, self._poller.due)

    def _write(self, now: float) -> None:
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

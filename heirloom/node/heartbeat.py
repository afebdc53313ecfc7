"""What a supervisor does while it waits: hear its bell, and keep its heart beating."""

from __future__ import annotations

import contextlib
import os
import select
import time
from typing import Optional

from ..store.files import open_file


class Watch:
    """The bell and the heartbeat of one supervisor."""

    def __init__(self, bell: int, heartbeat: str, interval: float) -> None:
        """`bell` is a descriptor, `heartbeat` a path on the store, `interval` in seconds."""
        self.bell = bell
        self._heartbeat = heartbeat
        self._interval = interval
        self._beats = 0
        self._next = time.monotonic()

    def now(self) -> float:
        """The node's monotonic clock, in seconds."""
        return time.monotonic()

    def wait(self, timeout: Optional[float], *fds: int) -> set[int]:
        """Wait until the bell or a descriptor is ready, or a while; those that are ready.

        `timeout` is in seconds; a heartbeat that is due may end the wait before it.
        """
        due = max(0.0, self._next - self.now())
        patience = due if timeout is None else min(timeout, due)
        ready = set(select.select([self.bell, *fds], [], [], patience)[0])
        if self.bell in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.bell, 4096)
        self.beat()
        return ready

    def beat(self) -> None:
        """Write the heartbeat if it is due. A store that refuses it makes the attempt silent."""
        now = self.now()
        if now < self._next:
            return
        self._next = now + self._interval
        self._beats += 1
        with contextlib.suppress(OSError):
            # Not truncated: the counter only grows longer, so no reader ever finds half of it.
            # The trial can put anything in its place: that must neither hold us nor be followed.
            fd = open_file(self._heartbeat, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW)
            try:
                os.pwrite(fd, b"%d" % self._beats, 0)
            finally:
                os.close(fd)

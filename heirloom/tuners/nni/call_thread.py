"""Calls the methods of a user's object one at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable


class CallThread:
    """A thread that runs tasks in the order in which they are put. One that raises is the last.

    Args:
        name: the thread's name.
        failed: takes what a task raised, and `method`.
    """

    def __init__(self, name: str, failed: Callable[[BaseException, str], None]) -> None:
        self.method = ""  # the method that a task calls, for messages; tasks set it
        self._failed = failed
        self._tasks: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def put(self, task: Callable[[], None]) -> None:
        """Run a task after those put before it. Any thread may put one."""
        self._tasks.put(task)

    def finish(self, timeout: float) -> None:
        """Run the remaining tasks for at most `timeout` seconds."""
        self._tasks.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        for task in iter(self._tasks.get, None):
            try:
                task()
            except BaseException as error:  # sys.exit() in user code too
                self._failed(error, self.method)
                return

"""Wakeups: FIFOs on the node's local disk by which one process wakes a waiting supervisor.

The supervisor of attempt 7.2 reads the FIFO `RUN/EXPERIMENT/7.2.bell`. While it waits for trial 3,
the FIFO is also linked as `waits/3/7.2`. The first process that sees the verdict of trial 3 writes
to every FIFO in `waits/3`.
"""

from __future__ import annotations

import contextlib
import errno
import os

_SUFFIX = ".bell"  # of an attempt's FIFO


class Wakeups:
    """The wakeups of one experiment on one node, in RUN/EXPERIMENT. Methods raise OSError."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._waits = f"{directory}/waits"

    def create(self, attempt: str) -> None:
        """Create an attempt's FIFO."""
        os.mkfifo(self._fifo(attempt), 0o660)

    def open(self, attempt: str) -> int:
        """Open an attempt's FIFO. It is opened for writing too, so that reads never see its end."""
        return os.open(self._fifo(attempt), os.O_RDWR | os.O_NONBLOCK)

    def remove(self, attempt: str) -> None:
        """Remove an attempt's FIFO if it exists."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._fifo(attempt))

    def attempts(self) -> list[str]:
        """The attempts that have a FIFO, sorted by name."""
        names = _names(self._directory)
        return [name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX)]

    def notify(self, attempt: str) -> bool:
        """Wake an attempt's supervisor. Returns whether one has the FIFO open."""
        return _notify(self._fifo(attempt))

    def subscribe(self, attempt: str, trial: int) -> None:
        """Have the attempt notified when the trial's verdict is seen."""
        directory = f"{self._waits}/{trial}"
        while True:
            with contextlib.suppress(FileExistsError):
                os.makedirs(directory, 0o770)
            try:
                os.link(self._fifo(attempt), f"{directory}/{attempt}")
            except FileExistsError:
                return
            except FileNotFoundError:  # the last subscriber has removed the directory meanwhile
                if not os.path.exists(self._fifo(attempt)):
                    raise
            else:
                return

    def unsubscribe(self, attempt: str, trial: int) -> None:
        """Undo `subscribe`."""
        directory = f"{self._waits}/{trial}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{directory}/{attempt}")
        with contextlib.suppress(OSError):  # not empty while others are subscribed
            os.rmdir(directory)

    def subscribed_trials(self) -> list[int]:
        """The trials that have subscribers on this node, in order."""
        return sorted(int(name) for name in _names(self._waits) if name.isdecimal())

    def notify_subscribers(self, trial: int) -> None:
        """Wake every supervisor that waits for the trial. Removes subscriptions of dead ones."""
        for attempt in _names(f"{self._waits}/{trial}"):
            if not _notify(f"{self._waits}/{trial}/{attempt}"):
                self.unsubscribe(attempt, trial)

    def notify_other(self, attempt: str) -> None:
        """Wake one supervisor that waits for a trial, other than the attempt's own."""
        for trial in self.subscribed_trials():
            for other in _names(f"{self._waits}/{trial}"):
                if other != attempt:
                    if _notify(f"{self._waits}/{trial}/{other}"):
                        return
                    self.unsubscribe(other, trial)

    def _fifo(self, attempt: str) -> str:
        return f"{self._directory}/{attempt}{_SUFFIX}"


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def _notify(path: str) -> bool:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return False
        raise
    try:
        with contextlib.suppress(BlockingIOError):  # a full FIFO is readable, which is enough
            os.write(fd, b"!")
    finally:
        os.close(fd)
    return True

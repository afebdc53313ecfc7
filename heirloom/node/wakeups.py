"""Wakeups: FIFOs on the node's local disk by which one process wakes a supervisor that waits.

`RUN/EXPERIMENT/7.2.bell` is the supervisor's own. While it waits for trial 3 the same FIFO hangs at
`waits/3/7.2` too, where whoever sees trial 3's verdict first finds it.
"""

from __future__ import annotations

import contextlib
import errno
import os


class Wakeups:
    """The bells of one experiment on one node, in RUN/EXPERIMENT. Methods raise OSError."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._waits = f"{directory}/waits"

    def make(self, attempt: str) -> None:
        """Make an attempt's bell."""
        os.mkfifo(self._bell(attempt), 0o660)

    def open(self, attempt: str) -> int:
        """The descriptor on which an attempt hears its bell; also a writer, so it never ends."""
        return os.open(self._bell(attempt), os.O_RDWR | os.O_NONBLOCK)

    def remove(self, attempt: str) -> None:
        """Take an attempt's bell away, if it is there."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._bell(attempt))

    def ring(self, attempt: str) -> bool:
        """Wake an attempt's supervisor; whether somebody heard."""
        return _ring(self._bell(attempt))

    def hang(self, attempt: str, trial: int) -> None:
        """Have the attempt's bell rung when the trial's verdict is seen."""
        place = f"{self._waits}/{trial}"
        while True:
            with contextlib.suppress(FileExistsError):
                os.makedirs(place, 0o770)
            try:
                os.link(self._bell(attempt), f"{place}/{attempt}")
            except FileExistsError:
                return
            except FileNotFoundError:  # the last waiter took the directory away meanwhile
                if not os.path.exists(self._bell(attempt)):
                    raise
            else:
                return

    def unhang(self, attempt: str, trial: int) -> None:
        """Undo `hang`."""
        place = f"{self._waits}/{trial}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{place}/{attempt}")
        with contextlib.suppress(OSError):  # others may wait there
            os.rmdir(place)

    def awaited(self) -> list[int]:
        """The trials that somebody here waits for."""
        return sorted(int(name) for name in _names(self._waits) if name.isdecimal())

    def announce(self, trial: int) -> None:
        """Ring for everybody who waits for the trial; leftovers of the dead are removed."""
        for attempt in _names(f"{self._waits}/{trial}"):
            if not _ring(f"{self._waits}/{trial}/{attempt}"):
                self.unhang(attempt, trial)

    def ring_another(self, attempt: str) -> None:
        """Wake one supervisor that waits for a trial, but not the attempt's own."""
        for trial in self.awaited():
            for other in _names(f"{self._waits}/{trial}"):
                if other != attempt:
                    if _ring(f"{self._waits}/{trial}/{other}"):
                        return
                    self.unhang(other, trial)

    def _bell(self, attempt: str) -> str:
        return f"{self._directory}/{attempt}.bell"


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except FileNotFoundError:
        return []


def _ring(path: str) -> bool:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENOENT):
            return False
        raise
    try:
        with contextlib.suppress(BlockingIOError):  # full: it will wake all the same
            os.write(fd, b"!")
    finally:
        os.close(fd)
    return True

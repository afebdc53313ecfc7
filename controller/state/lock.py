"""The lock that makes one process the controller of an experiment (flock(2))."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time

from controller.formats import clock, command
from controller.state.errors import LockedError, cannot_write
from controller.state.experiment_dir import ExperimentDir
from heirloom.store import flock

_TESTING = 0.2  # seconds for which a process that only tests the lock may hold it


class Lock:
    """An exclusive lock on an experiment, held until it is closed or the process ends.

    Raises LockedError when another process holds it, HomeError when the file cannot be written.
    """

    def __init__(self, directory: ExperimentDir) -> None:
        try:
            self._fd = os.open(directory.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise cannot_write(directory.lock_file, error) from None
        try:
            _lock(self._fd)
            holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, json.dumps(holder).encode(), 0)
        except BlockingIOError:
            os.close(self._fd)
            raise LockedError(
                f"experiment {directory.name} is already run by another controller "
                f"({holder_of(directory)}): watch it with `{command('watch', directory.name)}`, "
                f"end it with `{command('stop', directory.name)}`"
            ) from None
        except OSError as error:
            os.close(self._fd)
            raise cannot_write(directory.lock_file, error) from None

    def close(self) -> None:
        """Release the lock."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _lock(fd: int) -> None:
    """Lock the file. Raises BlockingIOError when another process holds it."""
    deadline = time.monotonic() + _TESTING
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_TESTING / 10)


def is_locked(directory: ExperimentDir) -> bool:
    """Whether a controller runs the experiment now."""
    try:
        return flock.is_taken(str(directory.lock_file))
    except OSError:
        return False


def holder_of(directory: ExperimentDir) -> str:
    """The process that took the lock last: `process 4711 on gpu1 since 2024-05-01 10:00:00`."""
    try:
        holder = json.loads(directory.lock_file.read_text(encoding="utf-8"))
        since = clock(holder["since"])
        return f"process {holder['pid']} on {holder['host']} since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return "an unknown process"

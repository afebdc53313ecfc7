"""A prepared directory on a node's disk, and the locks on it.

    DIGEST/lock     held by the attempt that prepares, or that removes (flock(2))
    DIGEST/used     locked, shared, by each attempt that uses the directory; changed at each use
    DIGEST/done     {"directory": NAME}: written last, by a rename
    DIGEST/failed   {"attempt", "reason"} of the last preparation that failed
    DIGEST/NAME/    HEIRLOOM_NODE_DIR

Each preparation fills a directory with a new name. So what is left of one that was killed is never
taken for complete, and processes of it that still run write to a directory that nobody uses.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Callable
from typing import Any, Optional

from ...store import flock
from ...store.atomic_write import replace_file
from ...store.files import open_file

UNUSED_FOR = 30 * 86400.0  # seconds after which a directory that no attempt used is removed
_FILES = ("lock", "used", "done", "failed")


class Prepared:
    """The directory for one digest. Methods raise OSError."""

    def __init__(self, base: str, digest: str) -> None:
        """`base` is the directory that holds one directory for each digest."""
        self.path = f"{base}/{digest}"
        self._base = base
        os.makedirs(self.path, 0o700, exist_ok=True)

    def try_lock(self) -> Optional[int]:
        """Take the lock without waiting; returns the descriptor that holds it."""
        return flock.take(f"{self.path}/lock")

    def set_holder(self, lock: int, attempt: str) -> None:
        """Write into the lock which attempt prepares."""
        os.ftruncate(lock, 0)
        os.pwrite(lock, attempt.encode(), 0)

    def holder(self) -> str:
        """The attempt that prepares, as far as the lock says."""
        with open(open_file(f"{self.path}/lock"), errors="replace") as file:
            return file.read(64)

    def find(self) -> Optional[str]:
        """The complete directory; None if there is none, or if it is gone."""
        name = (_load(f"{self.path}/done") or {}).get("directory")
        if not isinstance(name, str) or "/" in name or not os.path.isdir(f"{self.path}/{name}"):
            return None
        return f"{self.path}/{name}"

    def use(self) -> int:
        """Keep the directory from removal while the returned descriptor is open.

        The caller holds the lock.
        """
        fd = os.open(f"{self.path}/used", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(fd, fcntl.LOCK_SH)
        os.utime(fd)
        return fd

    def create(self, idle: Callable[[], None]) -> str:
        """Create a directory to prepare, after what earlier preparations left was removed.

        The caller holds the lock. `idle` is called again and again.
        """
        for name in os.listdir(self.path):
            if name not in _FILES:
                remove_tree(f"{self.path}/{name}", idle)
        return tempfile.mkdtemp(prefix="", dir=self.path)

    def complete(self, directory: str) -> None:
        """Declare a directory complete. The caller has made its files durable."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{self.path}/failed")
        text = json.dumps({"directory": os.path.basename(directory)})
        replace_file(f"{self.path}/done", text.encode(), durable=True, mode=0o600)

    def fail(self, attempt: str, reason: str) -> None:
        """Record that a preparation failed, for the attempts that waited for it."""
        text = json.dumps({"attempt": attempt, "reason": reason})
        replace_file(f"{self.path}/failed", text.encode(), mode=0o600)

    def failure(self) -> Optional[dict[str, Any]]:
        """The last preparation that failed, {"attempt", "reason"}, unless a later one succeeded."""
        return _load(f"{self.path}/failed")

    def remove_unused(self, idle: Callable[[], None]) -> None:
        """Remove directories of other digests that no attempt has used for long."""
        for name in os.listdir(self._base):
            path = f"{self._base}/{name}"
            if path != self.path:
                with contextlib.suppress(OSError):  # of another user, or just created
                    if time.time() - os.stat(f"{path}/used").st_mtime > UNUSED_FOR:
                        _remove_contents(path, idle)


def remove_tree(path: str, idle: Callable[[], None]) -> None:
    """Remove a directory and everything in it, read-only directories too. Raises OSError.

    Links are removed and not followed; so is anything else that is no directory.
    """
    if os.path.islink(path) or not os.path.isdir(path):
        os.unlink(path)
        return
    os.chmod(path, 0o700)
    for top, directories, _ in os.walk(path):  # a name is removed by changing the directory above
        idle()
        for name in directories:
            if not os.path.islink(f"{top}/{name}"):
                os.chmod(f"{top}/{name}", 0o700)
    for top, directories, names in os.walk(path, topdown=False):
        idle()
        for name in names + [name for name in directories if os.path.islink(f"{top}/{name}")]:
            os.unlink(f"{top}/{name}")
        os.rmdir(top)


def _remove_contents(path: str, idle: Callable[[], None]) -> None:
    """Remove a prepared directory, unless it is in use.

    The files with the locks stay: a process that waits may have opened them.
    """
    locks: list[int] = []
    try:
        for name in ("lock", "used"):
            fd = flock.take(f"{path}/{name}")
            if fd is None:
                return
            locks.append(fd)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}/done")
        for name in os.listdir(path):
            if name not in _FILES:
                remove_tree(f"{path}/{name}", idle)
    finally:
        for fd in locks:
            os.close(fd)


def _load(path: str) -> Optional[dict[str, Any]]:
    try:
        with open(open_file(path)) as file:
            data = json.load(file)
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None

"""An attempt's files on the node's local disk: its claim, its end, and a request to end it.

The values of variables that a user passes to the attempt are in a file there too, while it lasts.

A claim is created and locked under a temporary name and then linked to its own name. So a visible
claim always belongs to a supervisor that is alive or dead, never to one that has yet to lock it.
The lock belongs to the open file description (flock(2)), which a supervisor inherits by fork, so it
is held without a gap.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from typing import Any, Optional

from ..store.atomic_write import replace_file
from ..store.files import open_file

BOOT_ID = "/proc/sys/kernel/random/boot_id"
END_KINDS = ("stopped", "cancelled", "recalled")


class Claims:
    """RUN/EXPERIMENT: the claims of one experiment on one node. Methods raise OSError."""

    def __init__(self, run_dir: str, experiment: str) -> None:
        self.experiment = experiment
        self.directory = f"{run_dir}/{experiment}"

    def create_directory(self) -> None:
        """Create the directory unless it exists."""
        os.makedirs(self.directory, 0o770, exist_ok=True)

    def claim(self, attempt: str) -> int:
        """Claim an attempt and return the descriptor that holds the lock.

        Raises FileExistsError when the attempt is claimed already.
        """
        draft = f"{self.directory}/{attempt}.claim.{os.getpid()}"
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o660)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            os.link(draft, self._path(attempt, "claim"))
        except OSError:
            os.close(fd)
            raise
        finally:
            os.unlink(draft)
        return fd

    def check_writable(self) -> None:
        """Check that a claim could be written: raises OSError without space or permission."""
        draft = f"{self.directory}/0.0.claim.{os.getpid()}"
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o660)
        try:
            os.write(fd, bytes(4096))  # one page: an empty file can be created on a full disk
        finally:
            os.close(fd)
            os.unlink(draft)

    def record_owner(self, fd: int, pid: int) -> None:
        """Write the supervisor's process id and the boot id into a claim."""
        os.pwrite(fd, json.dumps({"boot": _boot_id(), "pid": pid}).encode(), 0)

    def withdraw(self, attempt: str) -> None:
        """Remove a claim that no supervisor holds."""
        self.remove_environment(attempt)
        os.unlink(self._path(attempt, "claim"))

    def save_environment(self, attempt: str, variables: Mapping[str, str]) -> None:
        """Write the variables that are passed to an attempt, for this user alone."""
        self.remove_environment(attempt)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        with open(os.open(self._path(attempt, "environment"), flags, 0o600), "w") as file:
            json.dump(variables, file)

    def environment(self, attempt: str) -> dict[str, str]:
        """The variables that are passed to an attempt; empty if there are none."""
        return _load(self._path(attempt, "environment")) or {}

    def remove_environment(self, attempt: str) -> None:
        """Remove the variables that are passed to an attempt."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(attempt, "environment"))

    def status(self, attempt: str) -> tuple[str, Optional[dict[str, Any]]]:
        """The state of an attempt: absent, running, dead, or ended with the `ended` message."""
        try:
            fd = open_file(self._path(attempt, "claim"))
        except FileNotFoundError:
            return "absent", None
        try:
            # Before the `ended` file is read: a supervisor writes it before it drops the lock.
            alive = not _try_lock(fd)
        finally:
            os.close(fd)
        outcome = _load(self._path(attempt, "ended"))
        if outcome is not None:
            return "ended", outcome
        return ("running" if alive else "dead"), None

    def record_end(self, attempt: str, message: Mapping[str, Any]) -> None:
        """Write the supervisor's `ended` message, and remove what only a living attempt needs."""
        self.remove_environment(attempt)
        _save(self._path(attempt, "ended"), message)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(attempt, "end"))

    def request_end(self, attempt: str, how: str, reason: str) -> None:
        """Write a request to end the attempt. The caller then notifies its supervisor."""
        _save(self._path(attempt, "end"), {"how": how, "reason": reason})

    def end_request(self, attempt: str) -> Optional[tuple[str, str]]:
        """How the attempt is to end, and why; None without a valid request."""
        request = _load(self._path(attempt, "end"))
        if request is None or request.get("how") not in END_KINDS:
            return None
        return request["how"], str(request.get("reason", ""))

    def _path(self, attempt: str, kind: str) -> str:
        return f"{self.directory}/{attempt}.{kind}"


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _boot_id() -> str:
    with open(BOOT_ID) as file:
        return file.read().strip()


def _save(path: str, data: Mapping[str, Any]) -> None:
    """Replace a JSON file atomically. It is not fsynced: a claim does not outlive its boot."""
    replace_file(path, json.dumps(data).encode())


def _load(path: str) -> Optional[dict[str, Any]]:
    try:
        with open(open_file(path)) as file:
            data = json.load(file)
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None

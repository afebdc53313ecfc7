"""An attempt's files on the node's local disk: who looks after it, how it ended, who wants its end.

The claim is made whole and locked under another name and then linked, so whoever sees it sees a
live supervisor's or a dead one's. The lock belongs to the open file, which a supervisor inherits:
there is no moment in which a living one looks dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from typing import Any, Optional

from ..store.files import open_file

BOOT_ID = "/proc/sys/kernel/random/boot_id"
ENDS = ("stopped", "cancelled", "recalled")


class Claims:
    """RUN/EXPERIMENT: the claims of one experiment on one node. Methods raise OSError."""

    def __init__(self, run_dir: str, experiment: str) -> None:
        self.experiment = experiment
        self.directory = f"{run_dir}/{experiment}"

    def make(self) -> None:
        """Make the directory, unless it is there."""
        os.makedirs(self.directory, 0o770, exist_ok=True)

    def claim(self, attempt: str) -> int:
        """Claim an attempt; the descriptor that holds it. FileExistsError when it is claimed."""
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

    def try_one(self) -> None:
        """See that a claim could be made: that there is room, and a right to write."""
        draft = f"{self.directory}/0.0.claim.{os.getpid()}"
        fd = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o660)
        try:
            os.write(fd, bytes(4096))  # a page: files of no bytes are made on a full disk too
        finally:
            os.close(fd)
            os.unlink(draft)

    def sign(self, fd: int, pid: int) -> None:
        """Write into a claim which process holds it, since which boot."""
        os.pwrite(fd, json.dumps({"boot": _boot_id(), "pid": pid}).encode(), 0)

    def give_up(self, attempt: str) -> None:
        """Take a claim back that no supervisor holds."""
        os.unlink(self._path(attempt, "claim"))

    def found(self, attempt: str) -> tuple[str, Optional[dict[str, Any]]]:
        """What became of an attempt: absent, running, dead, or ended with the `ended` message."""
        try:
            fd = open_file(self._path(attempt, "claim"))
        except FileNotFoundError:
            return "absent", None
        try:
            alive = not _try_lock(fd)  # asked first: the last word is written before the lock goes
        finally:
            os.close(fd)
        outcome = _load(self._path(attempt, "ended"))
        if outcome is not None:
            return "ended", outcome
        return ("running" if alive else "dead"), None

    def close(self, attempt: str, message: Mapping[str, Any]) -> None:
        """Write the supervisor's last word, and remove what nobody needs after it."""
        _put(self._path(attempt, "ended"), message)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self._path(attempt, "end"))

    def ask_end(self, attempt: str, how: str, reason: str) -> None:
        """Leave word that somebody wants the attempt ended. Then its bell is to be rung."""
        _put(self._path(attempt, "end"), {"how": how, "reason": reason})

    def end_asked(self, attempt: str) -> Optional[tuple[str, str]]:
        """How the attempt is to end, and why; None while nobody wants it."""
        said = _load(self._path(attempt, "end"))
        if said is None or said.get("how") not in ENDS:
            return None
        return said["how"], str(said.get("reason", ""))

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


def _put(path: str, said: Mapping[str, Any]) -> None:
    draft = f"{path}.{os.getpid()}"
    with open(draft, "w") as file:
        json.dump(said, file)
    os.rename(draft, path)


def _load(path: str) -> Optional[dict[str, Any]]:
    try:
        with open(open_file(path)) as file:
            said = json.load(file)
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) else None

"""What a dead supervisor leaves running: found by its unit and its environment, and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from enum import Enum, auto

from .. import systemd

_PATIENCE = 3.0  # seconds for all looks together: somebody's process may hang in its execve
_QUIET = 3  # looks in a row that find nothing new
_ENVIRONMENT_LIMIT = 2 << 20  # bytes
_STAT = {  # proc_pid_stat(5), counted from 0
    "group": 4,
    "vsize": 22,
    "end_code": 26,
    "env_start": 49,
    "env_end": 50,
}


def end(experiment: str, attempt: str) -> int:
    """Kill every process of an attempt; how many were found by their environment.

    Only for an attempt whose supervisor is dead: nobody would ever commit what they write, and they
    hold its slots.

    Where it had no unit, one look at all processes is not enough. A process in the middle of an
    execve has no environment to be read, and one that forks and exits may be gone with a successor
    not yet in the list. So it is looked again, at what is new, until that stays quiet.
    """
    with contextlib.suppress(OSError):
        systemd.kill(systemd.named(experiment, attempt))
    search = _Search(experiment, attempt)
    give_up = time.monotonic() + _PATIENCE
    quiet = 0
    while quiet < _QUIET and time.monotonic() < give_up:
        quiet = quiet + 1 if search.look() else 0
    return len(search.killed)


class _Seen(Enum):
    OURS = auto()
    ANOTHER = auto()
    HIDDEN = auto()  # another user's, or for a moment of an execve
    DEAD = auto()  # without memory, like threads of the kernel; a successor may live
    UNTOLD = auto()  # in the middle of an execve, or gone


class _Search:
    def __init__(self, experiment: str, attempt: str) -> None:
        self.killed: set[int] = set()
        self._named = {
            f"HEIRLOOM_EXPERIMENT={experiment}".encode(),
            f"HEIRLOOM_ATTEMPT={attempt}".encode(),
        }
        self._others: set[int] = {os.getpid()}

    def look(self) -> bool:
        """Kill what is found. False when there was news that may lead to more."""
        quiet = True
        there = {int(entry) for entry in os.listdir("/proc") if entry.isdecimal()}
        self._others &= there  # their numbers may come again
        for pid in sorted(there - self._others - self.killed, reverse=True):  # successors first
            seen = self._see(pid)
            if seen is _Seen.OURS:
                self._kill(pid)
            if seen in (_Seen.ANOTHER, _Seen.DEAD):
                self._others.add(pid)
            quiet = quiet and seen in (_Seen.ANOTHER, _Seen.HIDDEN)
        return quiet

    def _see(self, pid: int) -> _Seen:
        try:
            environment = _environment(pid)
            if environment:
                ours = self._named <= set(environment.split(b"\0"))
                return _Seen.OURS if ours else _Seen.ANOTHER
            stat = _stat(pid)
        except PermissionError:
            return _Seen.HIDDEN
        except OSError:
            return _Seen.UNTOLD
        if stat["vsize"] == 0:
            return _Seen.DEAD
        settled = stat["end_code"] > 1  # written when an execve has laid out the environment
        if settled and 0 < stat["env_start"] == stat["env_end"]:
            return _Seen.ANOTHER
        return _Seen.UNTOLD

    def _kill(self, pid: int) -> None:
        """With its group, which holds a successor that was forked meanwhile."""
        with contextlib.suppress(OSError):
            group = _stat(pid)["group"]
            if group not in (0, os.getpgrp()):
                os.killpg(group, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        self.killed.add(pid)


def _environment(pid: int) -> bytes:
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            return file.read(_ENVIRONMENT_LIMIT) or b""  # at once, lest an execve cut it short
    except ProcessLookupError:  # it has no memory, or is gone
        return b""


def _stat(pid: int) -> dict[str, int]:
    with open(f"/proc/{pid}/stat", "rb") as file:
        # The command's name is in parentheses and may hold anything; it is the second field.
        fields = file.read().rpartition(b")")[2].split()
    return {name: int(fields[index - 2]) for name, index in _STAT.items()}

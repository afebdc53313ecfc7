"""Kill the processes that a dead supervisor leaves: found by its scope and its environment."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from enum import Enum, auto

from ..limits import cgroups, systemd

_TIMEOUT = 3.0  # seconds for all scans together: a process may hang in its execve
_QUIET_SCANS = 3  # consecutive scans that must find nothing new
_ENVIRONMENT_LIMIT = 2 << 20  # bytes
_STAT_FIELDS = {  # proc_pid_stat(5), counted from 0
    "group": 4,
    "vsize": 22,
    "end_code": 26,
    "env_start": 49,
    "env_end": 50,
}


def kill_orphans(experiment: str, attempt: str) -> int:
    """Kill every process of an attempt. Returns how many were found by their environment.

    Call it only when the attempt's supervisor is dead. Nothing will commit what these processes
    write, and they hold the attempt's slots.

    Without a scope, one scan of all processes is not enough. The environment of a process in the
    middle of an execve cannot be read. A process that forks and exits may be gone while its child
    is not yet in the listing. So new processes are scanned again until nothing changes.
    """
    with contextlib.suppress(OSError):
        systemd.kill_scope(systemd.scope_name(experiment, attempt))
    scanner = _Scanner(experiment, attempt)
    deadline = time.monotonic() + _TIMEOUT
    quiet = 0
    while quiet < _QUIET_SCANS and time.monotonic() < deadline:
        quiet = quiet + 1 if scanner.scan() else 0
    cgroups.remove(systemd.scope_name(experiment, attempt))
    return len(scanner.killed)


class _Owner(Enum):
    """Whose process it is."""

    ATTEMPT = auto()
    OTHER = auto()
    HIDDEN = auto()  # another user's; also ours, for a moment of an execve
    NO_MEMORY = auto()  # a zombie or a kernel thread; a zombie's child may live
    UNKNOWN = auto()  # in the middle of an execve, or gone


class _Scanner:
    def __init__(self, experiment: str, attempt: str) -> None:
        self.killed: set[int] = set()
        self._variables = {
            f"HEIRLOOM_EXPERIMENT={experiment}".encode(),
            f"HEIRLOOM_ATTEMPT={attempt}".encode(),
        }
        self._others: set[int] = {os.getpid()}

    def scan(self) -> bool:
        """Kill the attempt's processes. Returns whether nothing was found that may lead to more."""
        quiet = True
        pids = {int(entry) for entry in os.listdir("/proc") if entry.isdecimal()}
        self._others &= pids  # the kernel may use the number of a dead process again
        for pid in sorted(pids - self._others - self.killed, reverse=True):  # children first
            owner = self._owner(pid)
            if owner is _Owner.ATTEMPT:
                self._kill(pid)
            if owner in (_Owner.OTHER, _Owner.NO_MEMORY):
                self._others.add(pid)
            quiet = quiet and owner in (_Owner.OTHER, _Owner.HIDDEN)
        return quiet

    def _owner(self, pid: int) -> _Owner:
        try:
            environment = _environment(pid)
            if environment:
                ours = self._variables <= set(environment.split(b"\0"))
                return _Owner.ATTEMPT if ours else _Owner.OTHER
            stat = _stat(pid)
        except PermissionError:
            return _Owner.HIDDEN
        except OSError:
            return _Owner.UNKNOWN
        if stat["vsize"] == 0:
            return _Owner.NO_MEMORY
        settled = stat["end_code"] > 1  # set when an execve has laid out the environment
        if settled and 0 < stat["env_start"] == stat["env_end"]:
            return _Owner.OTHER
        return _Owner.UNKNOWN

    def _kill(self, pid: int) -> None:
        """Kill a process and its group, which contains a child that was forked meanwhile."""
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
            return file.read(_ENVIRONMENT_LIMIT) or b""  # one read: an execve cannot cut it short
    except ProcessLookupError:  # the process has no memory, or is gone
        return b""


def _stat(pid: int) -> dict[str, int]:
    with open(f"/proc/{pid}/stat", "rb") as file:
        # The program's name, the second field, is in parentheses and may contain any byte.
        fields = file.read().rpartition(b")")[2].split()
    return {name: int(fields[index - 2]) for name, index in _STAT_FIELDS.items()}

"""Measure the memory of a trial's processes, where the kernel does not limit it.

What counts is what a limit of the kernel would not reclaim: anonymous memory, shared memory and
swap, but not pages of files. Address space is not limited (setrlimit(2), RLIMIT_AS), because CUDA
reserves far more than it uses.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable
from typing import Optional, Protocol

from . import cgroups
from .reasons import exceeded

_PROC = "/proc"
_LONGEST, _SHORTEST = 1.0, 0.1  # seconds between measurements
_SHARE = 0.02  # of one processor that measurements may take
_EVENTS = "/proc/vmstat"
_COUNTED = ("RssAnon", "RssShmem", "VmSwap")  # proc_pid_status(5)
_SHARED_OUT = ("Pss_Anon", "Pss_Shmem", "SwapPss")  # Documentation/filesystems/proc.rst


class MemoryWatch(Protocol):
    """Tells when the processes of a trial use more memory than its limit."""

    def remaining(self, now: float) -> float:
        """Seconds until the next look. `now` is the monotonic time."""

    def excess(self, now: float) -> Optional[str]:
        """The reason to end the trial for its memory; None if there is none, or no look is due."""


class MeasuredMemory:
    """Measures the memory about once a second, where the kernel does not limit it."""

    def __init__(self, limit: int, processes: Callable[[], Iterable[int]]) -> None:
        """`limit` is in bytes; `processes` returns the ids of the processes that share it."""
        self._limit = limit
        self._processes = processes
        self._next = 0.0  # when to measure, monotonic

    def remaining(self, now: float) -> float:
        """Seconds until the next measurement."""
        return max(0.0, self._next - now)

    def excess(self, now: float) -> Optional[str]:
        """As MemoryWatch says."""
        if now < self._next:
            return None
        began = time.thread_time()
        used = memory_used(self._processes(), self._limit)
        cost = time.thread_time() - began
        self._next = now + min(_LONGEST, max(_SHORTEST, cost / _SHARE))
        return exceeded(self._limit, used) if used > self._limit else None


class LimitedMemory:
    """Looks every second whether the kernel has killed a process of the trial.

    The others would go on, and may wait for it for ever.
    """

    def __init__(self, limit: int, own: str) -> None:
        """`limit` is in bytes, `own` the name of the trial's cgroup."""
        self._limit = limit
        self._own = own
        self._next = 0.0

    def remaining(self, now: float) -> float:
        """Seconds until the next look."""
        return max(0.0, self._next - now)

    def excess(self, now: float) -> Optional[str]:
        """As MemoryWatch says."""
        if now < self._next:
            return None
        self._next = now + _LONGEST
        return exceeded(self._limit) if cgroups.out_of_memory(self._own) else None


def memory_used(processes: Iterable[int], limit: int) -> int:
    """The memory that processes use, in bytes.

    Memory that several processes share is counted for each, which is cheap; only where the sum
    exceeds `limit` is the exact sum measured.
    """
    pids = list(processes)
    used = sum(map(_resident, pids))
    return used if used <= limit else sum(map(_proportional, pids))


def kernel_kills() -> int:
    """How many processes of the machine the kernel has killed for lack of memory since its boot.

    0 before Linux 4.13, which does not count them.
    """
    with contextlib.suppress(OSError), open(_EVENTS) as file:
        for line in file:
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def _resident(pid: int) -> int:
    fields = _fields(f"{_PROC}/{pid}/status")
    return sum(fields.get(name, 0) for name in _COUNTED)


def _proportional(pid: int) -> int:
    """The process's share of the memory, or all of it where the kernel does not tell the share."""
    fields = _fields(f"{_PROC}/{pid}/smaps_rollup")
    if _SHARED_OUT[0] in fields:
        return sum(fields.get(name, 0) for name in _SHARED_OUT)
    resident = _resident(pid)  # before Linux 5.4 the share includes pages of files
    return min(resident, fields.get("Pss", resident))


def _fields(path: str) -> dict[str, int]:
    """The sizes in a file of /proc in bytes; none for a process that has ended."""
    fields = {}
    with contextlib.suppress(OSError), open(path, errors="replace") as file:
        for line in file:
            name, _, size = line.partition(":")
            if size.endswith(" kB\n"):
                fields[name] = int(size.split()[0]) << 10
    return fields

"""Runs the processes of a search, and measures them with all of their descendants.

`python -m benchmarks.peers.reaper FILE COPIES COMMAND…` starts the command so many times, writes
the pids to FILE, and at the end what was measured, as JSON.

The CPU time is that of getrusage(2), which is exact, and leaves out a process whose parent has not
waited for it. Of Ray that is the larger part. So the processes are also looked at ten times a
second, and the larger of both sums counts.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)
_EVERY = 0.1  # seconds between two looks
_GRACE = 20.0  # seconds that descendants may outlive the processes that were started


def main() -> None:
    """Start, measure, and write."""
    file, copies, command = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot become a subreaper")
    began = time.monotonic()
    # While a Popen is referred to, no other Popen waits for its process and loses the exit code.
    processes = [subprocess.Popen(command) for _ in range(copies)]  # their orphans come here
    started = [process.pid for process in processes]
    _write(file, {"pids": started})
    signal.signal(signal.SIGTERM, _end)
    exits: dict[int, int] = {}
    peak, wall, last = 0, 0.0, began
    seen: dict[psutil.Process, float] = {}
    while True:
        peak = max(peak, _look(seen))
        _collect(exits)
        now = time.monotonic()
        if wall == 0 and all(pid in exits for pid in started):
            wall, last = now - began, now
        left = psutil.Process().children(recursive=True)
        if wall and (not left or now - last > _GRACE):
            break
        time.sleep(_EVERY)
    for process in left:
        process.kill()
    while psutil.Process().children():
        _collect(exits)
        time.sleep(_EVERY)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "pids": started,
        "exits": [exits[pid] for pid in started],
        "wall": round(wall, 2),
        "cpu": round(max(used.ru_utime + used.ru_stime, sum(seen.values())), 2),
        "peak": peak,
        "left": len(left),
    }
    _write(file, found)


def _end(number: int, frame: object) -> None:
    """End every descendant. Those of a process that has ended become children of this one."""
    while found := psutil.Process().children(recursive=True):
        for process in found:
            process.kill()
        psutil.wait_procs(found, 1)
    sys.exit(128 + number)


def _write(file: Path, found: dict[str, object]) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps(found))
    draft.replace(file)


def _collect(exits: dict[int, int]) -> None:
    """Wait for children that have ended, those of others too. A signal counts as below 0."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        exits[pid] = os.waitstatus_to_exitcode(status)


def _look(seen: dict[psutil.Process, float]) -> int:
    """Note in `seen` the CPU seconds of each descendant.

    Returns the memory of all of them in bytes, where shared pages count once (PSS, proc(5)).
    """
    memory = 0
    for process in psutil.Process().children(recursive=True):
        try:
            used = process.cpu_times()
            seen[process] = used.user + used.system
            memory += process.memory_full_info().pss
        except psutil.Error:
            continue
    return memory


if __name__ == "__main__":
    main()

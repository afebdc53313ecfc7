"""What trials share on a machine: processors, memory, and the machine itself with other users."""

from __future__ import annotations

import contextlib
import os
import pwd
from collections import Counter
from typing import Any

from ..launch import PROCESS_NAME
from ..limits import cgroups, enforcement, systemd

_PROC = "/proc"
_SHARED = 0o022  # the mode of a run directory in which other users may take slots


def describe(run_dir: str) -> dict[str, Any]:
    """The machine in JSON types.

    - `cores`: processors that this process may use
    - `memory`: bytes
    - `unit`: why trials get no systemd scope; empty if they get one
    - `limits`: who enforces limits, as `enforcement.available` says
    - `others`: the number of supervisors of each other user, who does not share the slots in
      `run_dir`
    """
    unit = systemd.unavailable_reason()
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory": memory(),
        "unit": unit,
        "limits": enforcement.available(unit),
        "others": {} if _is_shared(run_dir) else dict(_supervisors_of_others()),
    }


def memory() -> int:
    """The bytes of memory of the machine, or of the container that this process is in."""
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = cgroups.memory_limit("")
    return total if limit is None else min(total, limit)


def _is_shared(run_dir: str) -> bool:
    try:
        return bool(os.stat(run_dir).st_mode & _SHARED)
    except OSError:
        return False


def _supervisors_of_others() -> Counter[str]:
    """The supervisors that run here, by other users; none where the kernel hides processes."""
    found: Counter[str] = Counter()
    own = os.geteuid()
    for name in os.listdir(_PROC):
        if name.isdecimal():
            with contextlib.suppress(OSError):
                uid = os.stat(f"{_PROC}/{name}").st_uid
                if uid != own and _process_name(name) == PROCESS_NAME:
                    found[_user(uid)] += 1
    return found


def _process_name(pid: str) -> str:
    with open(f"{_PROC}/{pid}/comm", errors="replace") as file:
        return file.read().rstrip("\n")


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

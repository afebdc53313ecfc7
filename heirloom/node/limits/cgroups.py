"""Cgroups of our own, where a node without systemd lets this user create them.

Both versions are served: the unified hierarchy (cgroup-v2.rst in the kernel's documentation), in
which a group with processes enables no controllers for its children, and the older hierarchies with
one controller each (cgroup-v1/).
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Optional

from ...store.backoff import pauses

_ROOT = "/sys/fs/cgroup"
_OWN = "/proc/self/cgroup"
_PERIOD = 100_000  # microseconds: the kernel's default for a quota of processor time
_SYSTEMD = "/run/systemd/system"  # exists where systemd manages the hierarchy
_OPTIONAL = ("memory.swap.max", "memory.memsw.limit_in_bytes")  # where swap is not accounted
_V2 = ""  # the name of the unified hierarchy


class Group:
    """New cgroups that this process has entered, one in each hierarchy that it needs.

    It starts the trial there and then steps out: where the kernel kills a process of a cgroup for
    its memory, it takes the largest, which a supervisor may be beside a small trial.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._entered: dict[str, str] = {}  # where this process was before, by the new cgroup

    def limit_memory(self, limit: int) -> bool:
        """Limit the memory of this process and its descendants. Returns whether that worked."""
        return self._limit(
            "memory",
            {"memory.max": f"{limit}", "memory.swap.max": "0"},
            {"memory.limit_in_bytes": f"{limit}", "memory.memsw.limit_in_bytes": f"{limit}"},
        )

    def limit_cpus(self, cpus: float) -> bool:
        """Limit the processors of this process and its descendants. Returns whether that worked."""
        quota = str(max(1000, round(cpus * _PERIOD)))  # the kernel's least quota is 1 ms
        return self._limit(
            "cpu",
            {"cpu.max": f"{quota} {_PERIOD}"},
            {"cpu.cfs_period_us": str(_PERIOD), "cpu.cfs_quota_us": quota},
        )

    def step_out(self) -> None:
        """Move this process back to where it was. Its descendants stay in the cgroups."""
        for before in self._entered.values():
            with contextlib.suppress(OSError):
                _write(f"{before}/cgroup.procs", "0")

    def leave(self) -> None:
        """Step out and remove the cgroups. The descendants have ended."""
        self.step_out()
        for directory in self._entered:
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        self._entered.clear()

    def _limit(self, controller: str, v2: Mapping[str, str], v1: Mapping[str, str]) -> bool:
        version, parent = _parent(controller)
        if parent is None:
            return False
        directory = f"{parent}/{self._name}"
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(directory)
            files = v2 if version == _V2 else v1
            for name, value in files.items():
                path = f"{directory}/{name}"
                if name not in _OPTIONAL or os.path.exists(path):
                    _write(path, value)
            if directory not in self._entered:
                before = _own_directory(controller)[1]
                _write(f"{directory}/cgroup.procs", "0")
                self._entered[directory] = before
        except OSError:
            with contextlib.suppress(OSError):
                os.rmdir(directory)
            return False
        return True


def can_limit(controller: str) -> bool:
    """Whether this process could create a cgroup that limits `memory` or `cpu`."""
    return _parent(controller, change=False)[1] is not None


def memory_limit(own: str) -> Optional[int]:
    """The limit of the memory of our cgroup in bytes; None without one.

    None too where its path does not contain the name `own`, since others share it then.
    """
    version, directory = _own_directory("memory")
    name = "memory.max" if version == _V2 else "memory.limit_in_bytes"
    text = _read(f"{directory}/{name}") if own in directory else ""
    return int(text) if text.isdecimal() else None


def cpu_limit(own: str) -> Optional[float]:
    """The limit of the processors of our cgroup, as `memory_limit`."""
    version, directory = _own_directory("cpu")
    if own not in directory:
        return None
    if version == _V2:
        quota, _, period = _read(f"{directory}/cpu.max").partition(" ")
    else:
        quota, period = (_read(f"{directory}/cpu.cfs_{name}_us") for name in ("quota", "period"))
    return int(quota) / int(period) if quota.isdecimal() and period.isdecimal() else None


def out_of_memory(own: str) -> bool:
    """Whether the kernel killed a process for lack of memory in the cgroup named `own`.

    It is the one that this process is in, or one beside it. False where there is none.
    """
    version, directory = _own_directory("memory")
    if own not in directory:
        directory = f"{_parent('memory', change=False)[1]}/{own}"
    name = "memory.events" if version == _V2 else "memory.oom_control"
    fields = [line.split() for line in _read(f"{directory}/{name}").splitlines()]
    return any(field[0] == "oom_kill" and field[1] != "0" for field in fields if len(field) > 1)


def remove(name: str) -> None:
    """Kill what is in the cgroups `name` beside our own, and remove them, as far as possible.

    Takes up to a second: the kernel removes none whose processes have not quite ended.
    """
    for controller in ("memory", "cpu"):
        directory = f"{_parent(controller, change=False)[1]}/{name}"
        with contextlib.suppress(OSError):
            _write(f"{directory}/cgroup.kill", "1")  # not in version 1, nor before Linux 5.14
        for pause in islice(pauses(0.01, 0.2), 10):
            try:
                os.rmdir(directory)
            except OSError as error:
                if error.errno != errno.EBUSY:
                    break
                time.sleep(pause)


def _parent(controller: str, *, change: bool = True) -> tuple[str, Optional[str]]:
    """The hierarchy of a controller, and the directory in which we can create cgroups there.

    With `change`, the controller is enabled for the children of that directory.
    """
    version, own = _own_directory(controller)
    if version != _V2:
        return version, own if _is_ours(own) else None
    for directory in _upwards(own):
        if _is_ours(directory) and _enables(directory, controller, change=change):
            return version, directory
    return version, None


def _is_ours(directory: str) -> bool:
    """Whether we may create cgroups there, and enter them: systemd's own groups are its own."""
    name = os.path.basename(directory)
    if os.path.isdir(_SYSTEMD) and (
        not name.endswith((".scope", ".service")) or name.startswith(("user@", "init."))
    ):
        return False
    return os.access(directory, os.W_OK) and os.access(f"{directory}/cgroup.procs", os.W_OK)


def _enables(directory: str, controller: str, *, change: bool) -> bool:
    control = f"{directory}/cgroup.subtree_control"
    if controller in _read(control).split():
        return True
    if controller not in _read(f"{directory}/cgroup.controllers").split():
        return False
    is_root = not os.path.exists(f"{directory}/cgroup.type")
    if not is_root and _read(f"{directory}/cgroup.procs"):
        return False  # only the root may hold processes itself
    if change:
        try:
            _write(control, f"+{controller}")
        except OSError:
            return False
    return True


def _own_directory(controller: str) -> tuple[str, str]:
    """The hierarchy that has the controller, and this process's directory in it."""
    version, path = _V2, "/"
    for line in _read(_OWN).splitlines():
        number, _, rest = line.partition(":")
        controllers, _, place = rest.partition(":")
        if controller in controllers.split(","):
            version, path = controller, place
            break
        if number == "0":
            path = place
    mount = f"{_ROOT}/{version}" if version != _V2 else _unified()
    directory = f"{mount}{path}".rstrip("/")
    return version, directory if os.path.isdir(directory) else mount  # in a container


def _unified() -> str:
    return _ROOT if os.path.exists(f"{_ROOT}/cgroup.controllers") else f"{_ROOT}/unified"


def _upwards(directory: str) -> Iterator[str]:
    top = _unified()
    while directory.startswith(top):
        yield directory
        directory = os.path.dirname(directory)


def _read(path: str) -> str:
    """The text of a file; empty if it cannot be read."""
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)

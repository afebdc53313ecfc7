"""A transient systemd unit for each supervisor and its trial, with their limits.

A scope (systemd.scope(5)): processes that exist already are put into it, so a supervisor stays a
fork that keeps its descriptors. It belongs to the manager of the user that it runs as, which must
linger, or it would end with the user's last login.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import time
from typing import Optional

_BOOTED = "/run/systemd/system"  # sd_booted(3)
_LINGERS = "/var/lib/systemd/linger"
_CGROUPS = "/sys/fs/cgroup"
_SLICE = "heirloom.slice"
_PATIENCE = 10.0  # seconds for systemd to answer
_MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)


def missing() -> str:
    """Why supervisors on this node get no unit of their own; empty when they do."""
    if not os.path.isdir(_BOOTED):
        return "no systemd runs here"
    if shutil.which("busctl") is None:
        return "busctl, which comes with systemd, is not on the PATH"
    uid = os.getuid()
    if uid == 0:
        return ""
    name = _name(uid)
    if not os.path.exists(f"{_LINGERS}/{name}"):
        return (
            f"the systemd manager of {name} ends with its last login: loginctl enable-linger {name}"
        )
    if not os.path.exists(f"{_runtime(uid)}/bus"):
        return (
            f"the systemd manager of {name} has no bus at {_runtime(uid)}/bus: install "
            f"dbus-user-session and start it with systemctl start user@{uid}"
        )
    return ""


def named(experiment: str, attempt: str) -> str:
    """The name of an attempt's scope, without its ending."""
    return f"heirloom-{experiment}-{attempt}"


def enter(name: str, memory: Optional[int], cpus: Optional[float]) -> None:
    """Move this process into a scope `name`.scope that it and all its descendants share.

    `memory` in bytes is the most that they may use together, `cpus` how many processors. Raises
    OSError when systemd does not do it, or not in time.
    """
    unit = f"{name}.scope"
    properties = {
        "PIDs": ("au", "1", str(os.getpid())),
        "Slice": ("s", _SLICE),
        "Description": ("s", f"Heirloom: {name}"),
        "CollectMode": ("s", "inactive-or-failed"),
    }
    if memory is not None:
        properties["MemoryMax"] = ("t", str(memory))
        properties["MemorySwapMax"] = ("t", "0")
    if cpus is not None:
        properties["CPUQuotaPerSecUSec"] = ("t", str(round(cpus * 1e6)))
    try:
        # The supervisor tells how a trial ended that took too much; it is not to be ended too.
        _start(unit, {**properties, "OOMPolicy": ("s", "continue")})
    except OSError:
        _start(unit, properties)  # systemd before 253 has no such property for a scope, nor need
    _await(unit)


def kill(name: str) -> None:
    """Kill everything in the scope `name`.scope, where there is one, at one stroke.

    Raises OSError where the kernel cannot (before Linux 5.14) or does not let us.
    """
    # As systemd nests them: a user's units are below the service that is their manager.
    uid = os.getuid()
    above = "" if uid == 0 else f"/user.slice/user-{uid}.slice/user@{uid}.service"
    scope = f"{_CGROUPS}{above}/{_SLICE}/{name}.scope"
    if os.path.isdir(scope):
        with open(f"{scope}/cgroup.kill", "w") as file:
            file.write("1")


def out_of_memory() -> bool:
    """Whether the kernel ended a process of our unit for want of memory; no unit, no answer."""
    path = _cgroup()
    if f"/{_SLICE}/" not in path:
        return False
    with contextlib.suppress(OSError), open(f"{_CGROUPS}{path}/memory.events") as file:
        return any(line.startswith("oom_kill ") and line.split()[1] != "0" for line in file)
    return False


def _start(unit: str, properties: dict[str, tuple[str, ...]]) -> None:
    said = [word for key, value in properties.items() for word in (key, *value)]
    uid = os.getuid()
    environment = {**os.environ, "XDG_RUNTIME_DIR": _runtime(uid)}
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    command = [
        "busctl", "--system" if uid == 0 else "--user", "--quiet", f"--timeout={_PATIENCE:.0f}",
        "call", *_MANAGER,
        "StartTransientUnit", "ssa(sv)a(sa(sv))", unit, "fail", str(len(properties)), *said, "0",
    ]  # fmt: skip
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError(f"systemd made no {unit}: {done.stderr.strip()}")


def _await(unit: str) -> None:
    """Wait until we are in it: systemd answers before it has moved us."""
    end = time.monotonic() + _PATIENCE
    pause = 0.001
    while not _cgroup().endswith(f"/{unit}"):
        if time.monotonic() > end:
            raise OSError(f"systemd did not move us into {unit}")
        time.sleep(pause)
        pause = min(2 * pause, 0.1)


def _cgroup() -> str:
    """Our control group in the unified hierarchy (cgroups(7)), or where systemd keeps its own."""
    with open("/proc/self/cgroup") as file:
        lines = [line.rstrip("\n").split(":", 2) for line in file]
    for number, controllers, path in lines:
        if number == "0" or controllers == "name=systemd":
            return path
    return ""


def _runtime(uid: int) -> str:
    return f"/run/user/{uid}"


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

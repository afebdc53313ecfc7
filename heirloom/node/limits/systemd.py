"""A transient systemd scope for each supervisor and its trial, with their limits.

A scope (systemd.scope(5)) takes processes that exist already. So a supervisor can be forked and
keep its descriptors. The scope belongs to the systemd manager of the user that runs the trial; that
user must linger (loginctl(1)), or the manager ends with the user's last login.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import subprocess
import time
from typing import Optional

from ...store.backoff import pauses

_BOOTED = "/run/systemd/system"  # sd_booted(3)
_LINGER = "/var/lib/systemd/linger"
_CGROUPS = "/sys/fs/cgroup"
_SLICE = "heirloom.slice"
_TIMEOUT = 10.0  # seconds for systemd to answer
_MANAGER = (
    "org.freedesktop.systemd1",
    "/org/freedesktop/systemd1",
    "org.freedesktop.systemd1.Manager",
)


def unavailable_reason() -> str:
    """Why supervisors on this node get no scope; empty when they get one."""
    if not os.path.isdir(_BOOTED):
        return "no systemd runs here"
    if shutil.which("busctl") is None:
        return "busctl, which comes with systemd, is not on the PATH"
    uid = os.getuid()
    if uid == 0:
        return ""
    name = _user_name(uid)
    if not os.path.exists(f"{_LINGER}/{name}"):
        return (
            f"the systemd manager of {name} ends with its last login: loginctl enable-linger "
            f"{shlex.quote(name)}"
        )
    if not os.path.exists(f"{_runtime_directory(uid)}/bus"):
        return (
            f"the systemd manager of {name} has no bus at {_runtime_directory(uid)}/bus: install "
            f"dbus-user-session and start it with systemctl start user@{uid}"
        )
    return ""


def scope_name(experiment: str, attempt: str) -> str:
    """The name of an attempt's scope, without the suffix `.scope`."""
    return f"heirloom-{experiment}-{attempt}"


def enter_scope(name: str, memory: Optional[int], cpus: Optional[float]) -> None:
    """Move this process into the new scope `name`.scope, which its descendants share.

    `memory` is the limit for all of them together in bytes, `cpus` in processors. Raises OSError
    when systemd refuses or does not answer in time.
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
        # Without this, the kernel's end of a trial for its memory would end the supervisor too,
        # which then could not report it.
        _start_scope(unit, {**properties, "OOMPolicy": ("s", "continue")})
    except OSError:
        # Before version 253 systemd has no OOMPolicy for scopes, and does not end them either.
        _start_scope(unit, properties)
    _wait_until_moved(unit)


def kill_scope(name: str) -> None:
    """Kill all processes in the scope `name`.scope at once, if the scope exists.

    Raises OSError without permission, and before Linux 5.14, which has no cgroup.kill.
    """
    scope = f"{_CGROUPS}{_manager_path()}/{_SLICE}/{name}.scope"
    if os.path.isdir(scope):
        with open(f"{scope}/cgroup.kill", "w") as file:
            file.write("1")


def controllers() -> tuple[str, ...]:
    """The controllers of resources with which our scopes can enforce limits."""
    unified = f"{_CGROUPS}{_manager_path()}/cgroup.controllers"
    if os.path.exists(unified):
        with open(unified) as file:
            return tuple(file.read().split())
    # Version 1 has a hierarchy for each controller, in which only root's manager has groups.
    if os.getuid() != 0:
        return ()
    return tuple(name for name in ("memory", "cpu") if os.path.isdir(f"{_CGROUPS}/{name}"))


def _manager_path() -> str:
    """The cgroup below which our systemd manager has its scopes."""
    uid = os.getuid()
    return "" if uid == 0 else f"/user.slice/user-{uid}.slice/user@{uid}.service"


def _start_scope(unit: str, properties: dict[str, tuple[str, ...]]) -> None:
    arguments = [word for key, value in properties.items() for word in (key, *value)]
    uid = os.getuid()
    environment = {**os.environ, "XDG_RUNTIME_DIR": _runtime_directory(uid)}
    environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    command = [
        "busctl",
        "--system" if uid == 0 else "--user",
        "--quiet",
        f"--timeout={_TIMEOUT:.0f}",
        "call",
        *_MANAGER,
        "StartTransientUnit",
        "ssa(sv)a(sa(sv))",
        unit,
        "fail",
        str(len(properties)),
        *arguments,
        "0",
    ]
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError(f"systemd did not start {unit}: {done.stderr.strip()}")


def _wait_until_moved(unit: str) -> None:
    """Wait until this process is in the scope: systemd answers before it moves the process."""
    deadline = time.monotonic() + _TIMEOUT
    for pause in pauses(0.001, 0.1):
        if _own_cgroup().endswith(f"/{unit}"):
            return
        if time.monotonic() > deadline:
            raise OSError(f"systemd did not move this process into {unit}")
        time.sleep(pause)


def _own_cgroup() -> str:
    """This process's cgroup in the unified hierarchy (cgroups(7)), or in systemd's own."""
    with open("/proc/self/cgroup") as file:
        lines = [line.rstrip("\n").split(":", 2) for line in file]
    for number, controllers, path in lines:
        if number == "0" or controllers == "name=systemd":
            return path
    return ""


def _runtime_directory(uid: int) -> str:
    return f"/run/user/{uid}"


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)

"""Report what a node offers to trials, and whether it uses the controller's store.

Nothing is started. Nothing is created except the answer to the controller's marker.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Optional

from ...store.os_errors import describe
from .. import systemd
from ..process import sandbox
from . import marker
from .timeouts import TIMEOUT, no_answer, run_with_timeout

_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_GPUS = ["nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader"]


def inspect(request: Mapping[str, Any], timeout: float = TIMEOUT) -> dict[str, Any]:
    """The node's report for the controller, in JSON types.

    `request` contains run_dir, slots (`{"name": "0", "gpus": ["0"]}`), python, and store: the
    arguments of `marker.inspect_store`, or None. What does not answer within `timeout` seconds is
    reported as such.
    """
    now = time.time()
    run_dir, slots, store = str(request["run_dir"]), request["slots"], request["store"]
    python = request["python"] or sys.executable  # as supervisors choose it
    work: dict[str, Callable[[], Any]] = {"python": lambda: _python(python), "gpus": gpus}
    if store:
        work["store"] = lambda: marker.inspect_store(**store)
    found = run_with_timeout(work, timeout)
    if found["python"] is None:
        found["python"] = {"path": python, "version": None, "reason": no_answer(timeout)}
    if store and found["store"] is None:
        found["store"] = marker.hung_store(store["path"], timeout)
    return {
        "time": now,
        **_account(),
        "run_dir": _unwritable_reason(run_dir),
        "slots": _slots(f"{run_dir}/slots", [str(slot["name"]) for slot in slots]),
        "gpus": _with_missing(found["gpus"], slots),
        "python": found["python"],
        "store": found.get("store"),
        "unit": systemd.unavailable_reason(),
        "view": sandbox.unavailable_reason(),
    }


def _account() -> dict[str, Any]:
    uid = os.geteuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return {"user": user, "uid": uid, "gid": os.getegid()}


def _unwritable_reason(path: str) -> str:
    """Why this user can neither write to a directory nor create it; empty if one is possible."""
    above = path
    while not os.path.exists(above):
        above = os.path.dirname(above) or "/"
    if not os.path.isdir(above):
        return f"{above} is not a directory"
    if os.access(above, os.W_OK | os.X_OK):
        return ""
    if above == path:
        return f"{path} is not writable"
    return f"{path} does not exist, and {above} is not writable"


def _slots(directory: str, wanted: Sequence[str]) -> dict[str, Any]:
    """How many of the wanted slots exist and are taken, and why the others cannot be created."""
    existing = taken = 0
    reason = ""
    for name in wanted:
        try:
            fd = os.open(f"{directory}/{name}", os.O_RDONLY)
        except FileNotFoundError:
            reason = reason or _unwritable_reason(directory)
            continue
        except OSError as error:
            reason = describe(error)
            continue
        existing += 1
        try:
            # Shared, so that inspections at the same time do not count as taken.
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            taken += 1
        finally:
            os.close(fd)
    return {"wanted": len(wanted), "there": existing, "taken": taken, "reason": reason}


def _python(path: str) -> dict[str, Any]:
    report: dict[str, Any] = {"path": path, "version": None, "reason": ""}
    try:
        report["version"] = _output([path, "-E", "-S", "-c", _VERSION]).strip()
    except OSError as error:
        report["reason"] = describe(error)
    return report


def gpus() -> dict[str, Any]:
    """The GPUs that nvidia-smi lists; none where that program is not installed."""
    if shutil.which(_GPUS[0]) is None:
        return {"there": [], "reason": ""}
    try:
        lines = [line.split(", ", 2) for line in _output(_GPUS).splitlines()]
    except OSError as error:
        return {"there": [], "reason": f"nvidia-smi: {describe(error)}"}
    listed = [
        {"index": line[0], "uuid": line[1], "name": line[2]} for line in lines if len(line) == 3
    ]
    return {"there": listed, "reason": ""}


def _with_missing(
    found: Optional[dict[str, Any]], slots: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Add the GPUs that slots name and the node lacks. Parts of a GPU (MIG) are not checked."""
    report = found or {"there": [], "reason": "nvidia-smi does not answer"}
    listed = [(gpu["index"], gpu["uuid"]) for gpu in report["there"]]
    wanted = dict.fromkeys(str(gpu) for slot in slots for gpu in slot.get("gpus") or ())
    missing = [
        gpu
        for gpu in wanted
        if not gpu.startswith("MIG-")
        and not any(gpu == index or uuid.startswith(gpu) for index, uuid in listed)
    ]
    return {**report, "missing": missing}


def _output(command: Sequence[str]) -> str:
    """The output of a program. Raises OSError when it cannot be run, or exits with an error."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise OSError(f"exit code {done.returncode}: {message}")
    return done.stdout

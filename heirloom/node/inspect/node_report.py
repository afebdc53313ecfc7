"""What a node says of itself: what there is for trials, and whether it sees the controller's store.

Nothing is started or made, but for the answer to the controller's marker.
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

from .. import systemd
from ..process import sandbox
from . import marker
from .timeouts import PATIENCE, in_children, silence, words

_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_GPUS = ["nvidia-smi", "--query-gpu=index,uuid,name", "--format=csv,noheader"]


def look(asked: Mapping[str, Any], patience: float = PATIENCE) -> dict[str, Any]:
    """Everything that the controller wants to know, as JSON can carry it.

    `asked` holds run_dir, slots (`{"name": "0", "gpus": ["0"]}`), python, and store: what
    `marker.look` takes, or None. What hangs is given up after `patience` seconds, and said to.
    """
    now = time.time()
    run_dir, slots, store = str(asked["run_dir"]), asked["slots"], asked["store"]
    python = asked["python"] or sys.executable  # as supervisors choose it
    work: dict[str, Callable[[], Any]] = {"python": lambda: _python(python), "gpus": gpus}
    if store:
        work["store"] = lambda: marker.look(**store)
    found = in_children(work, patience)
    if found["python"] is None:
        found["python"] = {"path": python, "version": None, "reason": silence(patience)}
    if store and found["store"] is None:
        found["store"] = marker.hung(store["path"], patience)
    return {
        "time": now,
        **_account(),
        "run_dir": _refusal(run_dir),
        "slots": _slots(f"{run_dir}/slots", [str(slot["name"]) for slot in slots]),
        "gpus": _named(found["gpus"], slots),
        "python": found["python"],
        "store": found.get("store"),
        "unit": systemd.missing(),
        "view": sandbox.missing(),
    }


def _account() -> dict[str, Any]:
    uid = os.geteuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return {"user": user, "uid": uid, "gid": os.getegid()}


def _refusal(path: str) -> str:
    """Why this user cannot write in a directory, or make it; empty when they can."""
    above = path
    while not os.path.exists(above):
        above = os.path.dirname(above) or "/"
    if not os.path.isdir(above):
        return f"{above} is no directory"
    if os.access(above, os.W_OK | os.X_OK):
        return ""
    return f"{path} is not there, and {above} " * (above != path) + "may not be written"


def _slots(directory: str, wanted: Sequence[str]) -> dict[str, Any]:
    """How many of the slots there are, how many are taken, and why more cannot be made."""
    there = taken = 0
    reason = ""
    for name in wanted:
        try:
            fd = os.open(f"{directory}/{name}", os.O_RDONLY)
        except FileNotFoundError:
            reason = reason or _refusal(directory)
            continue
        except OSError as error:
            reason = words(error)
            continue
        there += 1
        try:
            # Shared: others who only look are not in the way.
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            taken += 1
        finally:
            os.close(fd)
    return {"wanted": len(wanted), "there": there, "taken": taken, "reason": reason}


def _python(path: str) -> dict[str, Any]:
    said: dict[str, Any] = {"path": path, "version": None, "reason": ""}
    try:
        said["version"] = _output([path, "-E", "-S", "-c", _VERSION]).strip()
    except OSError as error:
        said["reason"] = words(error)
    return said


def gpus() -> dict[str, Any]:
    """What nvidia-smi lists; nothing where there is no such program."""
    if shutil.which(_GPUS[0]) is None:
        return {"there": [], "reason": ""}
    try:
        lines = [line.split(", ", 2) for line in _output(_GPUS).splitlines()]
    except OSError as error:
        return {"there": [], "reason": f"nvidia-smi: {words(error)}"}
    there = [
        {"index": line[0], "uuid": line[1], "name": line[2]} for line in lines if len(line) == 3
    ]
    return {"there": there, "reason": ""}


def _named(found: Optional[dict[str, Any]], slots: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """With those that slots name and the node has not. A part of a GPU (MIG) is not looked for."""
    said = found or {"there": [], "reason": "nvidia-smi does not answer"}
    there = [(gpu["index"], gpu["uuid"]) for gpu in said["there"]]
    wanted = dict.fromkeys(str(gpu) for slot in slots for gpu in slot.get("gpus") or ())
    missing = [
        gpu
        for gpu in wanted
        if not gpu.startswith("MIG-")
        and not any(gpu == index or uuid.startswith(gpu) for index, uuid in there)
    ]
    return {**said, "missing": missing}


def _output(command: Sequence[str]) -> str:
    """What a program prints. Raises OSError when it cannot be run, or says that it failed."""
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "it says nothing").splitlines()[-1]
        raise OSError(f"it ended with {done.returncode}: {said}")
    return done.stdout

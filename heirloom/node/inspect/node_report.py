"""Report what a node offers to trials, and whether it uses the controller's store.

Nothing is started. Nothing is created except the answer to the controller's marker.
"""

from __future__ import annotations

import os
import pwd
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Optional

from ...store import flock
from ...store.os_errors import describe
from ..process import sandbox
from ..slots import Slot
from . import machine, marker, program
from .gpus import find_gpus, is_same, named_in
from .timeouts import TIMEOUT, no_answer, run_with_timeout

_VERSION = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
_SHARE = 0.8  # of the timeout, for a program: it is killed, and what is left can still be done


def inspect(request: Mapping[str, Any], timeout: float = TIMEOUT) -> dict[str, Any]:
    """The node's report for the controller, in JSON types.

    `request` contains run_dir, slots (`{"name": "0", "gpus": ["0"]}`), python, and store: the
    arguments of `marker.inspect_store`, or None. What does not answer within `timeout` seconds is
    reported as such.
    """
    now = time.time()
    run_dir, slots, store = str(request["run_dir"]), request["slots"], request["store"]
    python = request["python"] or sys.executable  # as supervisors choose it
    work: dict[str, Callable[[], Any]] = {
        "python": lambda: _python(python, _SHARE * timeout),
        "gpus": lambda: find_gpus(_SHARE * timeout),
    }
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
        "gpus": _compare(found["gpus"], named_in(slots)),
        "python": found["python"],
        "store": found.get("store"),
        **machine.describe(run_dir),
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
            locked = [flock.is_taken(f"{directory}/{lock}") for lock in Slot(name).locks]
        except FileNotFoundError:
            reason = reason or _unwritable_reason(directory)
            continue
        except OSError as error:
            reason = describe(error)
            continue
        existing += 1
        taken += any(locked)
    return {"wanted": len(wanted), "there": existing, "taken": taken, "reason": reason}


def _python(path: str, timeout: float) -> dict[str, Any]:
    report: dict[str, Any] = {"path": path, "version": None, "reason": ""}
    try:
        report["version"] = program.output([path, "-E", "-S", "-c", _VERSION], timeout).strip()
    except OSError as error:
        report["reason"] = describe(error)
    return report


def _compare(found: Optional[dict[str, Any]], named: Sequence[str]) -> dict[str, Any]:
    """Add the GPUs that slots name and the node lacks, and those that it has and no slot names.

    A part of a GPU (MIG) is missing only if nvidia-smi lists parts at all.
    """
    report = found or {"there": [], "reason": "nvidia-smi does not answer"}
    there = report["there"]
    any_parts = any(gpu["parts"] for gpu in there)
    missing = [
        name
        for name in named
        if (any_parts or not name.startswith("MIG-"))
        and not any(is_same(name, gpu) for gpu in there)
    ]
    return {**report, "missing": missing, "unnamed": list(_unnamed(there, named))}


def _unnamed(there: Sequence[Mapping[str, Any]], named: Sequence[str]) -> Iterator[str]:
    """The GPUs and MIG devices that no slot names."""
    listed = {part for gpu in there for part in gpu["parts"]}
    if not listed and any(name.startswith("MIG-") for name in named):
        return  # it is not known to which GPUs these parts belong
    for gpu in there:
        names = [name for name in named if is_same(name, gpu)]
        whole = any(not name.startswith("MIG-") for name in names)
        if not names:
            yield gpu["index"]
        elif not whole:
            yield from (part for part in gpu["parts"] if not part.startswith(tuple(names)))

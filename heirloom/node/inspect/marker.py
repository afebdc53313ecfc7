"""Inspect the store on a node: whether it is the one that the controller uses, by its marker."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import Any

from ...store.atomic_write import replace_on_store
from ...store.files import RealFiles
from ...store.os_errors import describe
from .mounts import find_mount
from .timeouts import no_answer

MARKER = "marker"  # the file in the controller's directory on the store that holds a token
ANSWER = "answer."  # beside it, followed by a node's name: the token that the node has read
_SIZE_LIMIT = 1 << 12  # bytes of a marker
_UMASK = 0o007  # the controller's user, who shares the group, reads the answer


def inspect_store(path: str, node: str, directory: str) -> dict[str, Any]:
    """Describe the store at `path`. It may hang.

    `directory`, relative to the store, contains the controller's marker; empty when there is none.
    The result's `state` is one of:

    - `seen`: the marker was read, and answered
    - `there`: the store is a writable directory, and there was no marker to look for
    - `absent`: `path` does not exist
    - `unseen`: `path` is a directory without the marker
    - `unwritable`: permission denied
    - `broken`: any other error, which `reason` names
    """
    report: dict[str, Any] = {"path": path, "state": "broken", "reason": "", "free": None}
    report["mount"] = find_mount(os.path.realpath(path))
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return {**report, "reason": "it is not a directory"}
        disk = os.statvfs(path)
        report["free"] = disk.f_bavail * disk.f_frsize  # bytes
        report["state"] = _answer(f"{path}/{directory}", node) if directory else _access(path)
    except FileNotFoundError:
        report["state"] = "unseen" if os.path.isdir(path) else "absent"
    except OSError as error:
        refused = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        report.update(state="unwritable" if refused else "broken", reason=describe(error))
    return report


def hung_store(path: str, timeout: float) -> dict[str, Any]:
    """Describe a store that does not answer, with its mount, which does not need the store."""
    mount = find_mount(os.path.normpath(path))  # resolving links could hang as well
    reason = no_answer(timeout)
    return {"path": path, "state": "hung", "reason": reason, "free": None, "mount": mount}


def _access(path: str) -> str:
    return "there" if os.access(path, os.W_OK | os.X_OK) else "unwritable"


def _answer(directory: str, node: str) -> str:
    """Answer the marker. Raises OSError."""
    files = RealFiles()
    token = files.read(f"{directory}/{MARKER}", _SIZE_LIMIT).decode(errors="replace")
    os.umask(_UMASK)
    data = json.dumps({"token": token, "node": node}).encode()
    replace_on_store(files, f"{directory}/.{node}", f"{directory}/{ANSWER}{node}", data)
    return "seen"

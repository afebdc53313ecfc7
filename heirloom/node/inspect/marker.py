"""What the store is on a node: whether it is the one that the controller sees, by its marker."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from typing import Any, Optional

from ...store.files import RealFiles
from .timeouts import silence, words

MARKER = "marker"  # in the controller's directory on the store: its token
ANSWER = "answer."  # beside it, with the node's name: what the node read there
_LIMIT = 1 << 12  # bytes of a marker
_UMASK = 0o007  # the answer is read by the controller's user, who shares the group
_MOUNTS = "/proc/self/mountinfo"


def look(path: str, node: str, directory: str) -> dict[str, Any]:
    """What the store at `path` is; may hang.

    `directory`, relative to the store, has the controller's marker; empty when there is none. What
    was found is the word `state`, with a reason where the system gave one: seen (the marker, and it
    was answered), there (no marker was asked for), absent, unseen (the marker is not in it),
    unwritable, or broken.
    """
    said: dict[str, Any] = {"path": path, "state": "broken", "reason": "", "free": None}
    said["mount"] = mount(os.path.realpath(path))
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return {**said, "reason": "it is no directory"}
        disk = os.statvfs(path)
        said["free"] = disk.f_bavail * disk.f_frsize  # bytes
        said["state"] = _answer(f"{path}/{directory}", node) if directory else _access(path)
    except FileNotFoundError:
        said["state"] = "unseen" if os.path.isdir(path) else "absent"
    except OSError as error:
        refused = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        said.update(state="unwritable" if refused else "broken", reason=words(error))
    return said


def hung(path: str, patience: float) -> dict[str, Any]:
    """What can be said of a store that does not answer: from where it is mounted."""
    place = mount(os.path.normpath(path))  # links are not followed: that could hang as well
    reason = silence(patience)
    return {"path": path, "state": "hung", "reason": reason, "free": None, "mount": place}


def _access(path: str) -> str:
    return "there" if os.access(path, os.W_OK | os.X_OK) else "unwritable"


def _answer(directory: str, node: str) -> str:
    """Answer the marker. Raises OSError."""
    files = RealFiles()
    token = files.read(f"{directory}/{MARKER}", _LIMIT).decode(errors="replace")
    os.umask(_UMASK)
    draft = f"{directory}/.{node}"
    files.write(draft, json.dumps({"token": token, "node": node}).encode())
    files.rename(draft, f"{directory}/{ANSWER}{node}")
    files.sync_dir(directory)
    return "seen"


def mount(path: str) -> Optional[dict[str, str]]:
    """The mount that a path lies on: its point, type and source (proc_pid_mountinfo(5))."""
    best, found = -1, None
    with open(_MOUNTS, errors="surrogateescape") as file:
        for line in file:
            left, _, right = line.partition(" - ")
            point = _plain(left.split(" ")[4])
            kind, source = right.split(" ")[:2]
            beneath = path == point or path.startswith(point.rstrip("/") + "/")
            if beneath and len(point) >= best:  # the last of equals lies on top
                best, found = len(point), {"point": point, "type": kind, "source": _plain(source)}
    return found


def _plain(text: str) -> str:
    """Without the octal escapes of the mount table."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)

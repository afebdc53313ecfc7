"""The type of the file system at a path."""

from __future__ import annotations

from pathlib import Path

import psutil

from heirloom.node.inspect.mounts import NETWORK

__all__ = ["NETWORK", "file_system_type"]


def file_system_type(path: Path) -> str:
    """The type of the file system of `path`, or of its nearest parent that exists.

    Empty when the mount table cannot be read.
    """
    try:
        mounts = psutil.disk_partitions(all=True)
    except OSError:
        return ""
    resolved = path.resolve()
    deepest, found = -1, ""
    for mount in mounts:
        point = Path(mount.mountpoint)
        depth = len(point.parts)
        # Of two mounts on one point, the later one hides the earlier one.
        if depth >= deepest and resolved.is_relative_to(point):
            deepest, found = depth, mount.fstype
    return found

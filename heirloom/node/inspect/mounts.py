"""The mount table of this machine."""

from __future__ import annotations

import re
from typing import Optional

_MOUNTS = "/proc/self/mountinfo"
NETWORK = frozenset(
    """
    9p afs beegfs ceph cifs davfs glusterfs gpfs lustre ncpfs nfs nfs4 orangefs pvfs2 smb3 smbfs
    fuse.ceph fuse.ceph-fuse fuse.davfs fuse.glusterfs fuse.juicefs fuse.rclone fuse.s3fs fuse.sshfs
    """.split()  # noqa: SIM905, a word list reads better than two dozen quoted names
)


def find_mount(path: str) -> Optional[dict[str, str]]:
    """The mount that contains a path: its point, type and source (proc_pid_mountinfo(5))."""
    longest, found = -1, None
    with open(_MOUNTS, errors="surrogateescape") as file:
        for line in file:
            left, _, right = line.partition(" - ")
            point = _unescape(left.split(" ")[4])
            kind, source = right.split(" ")[:2]
            contains = path == point or path.startswith(point.rstrip("/") + "/")
            if contains and len(point) >= longest:  # of mounts on one point the last is visible
                longest = len(point)
                found = {"point": point, "type": kind, "source": _unescape(source)}
    return found


def _unescape(text: str) -> str:
    """Replace the octal escapes of the mount table."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)

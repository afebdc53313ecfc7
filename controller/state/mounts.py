"""Which file system a path lies on."""

from __future__ import annotations

import re
from pathlib import Path

NETWORK = frozenset(
    """
    9p afs beegfs ceph cifs davfs glusterfs gpfs lustre ncpfs nfs nfs4 orangefs pvfs2 smb3 smbfs
    fuse.ceph fuse.ceph-fuse fuse.davfs fuse.glusterfs fuse.juicefs fuse.rclone fuse.s3fs fuse.sshfs
    """.split()  # noqa: SIM905, a word list reads better than two dozen quoted names
)
TABLE = Path("/proc/self/mounts")


def kind(path: Path, table: Path) -> str:
    """The type of the file system that `path` (or its nearest existing parent) lies on.

    Empty when the mount table cannot be read. Source: proc_mounts(5) and its octal escapes.
    """
    try:
        lines = table.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place = path.resolve()
    best, found = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mounted = Path(re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[1]))
        depth = len(mounted.parts)
        if depth >= best and place.is_relative_to(mounted):  # the last of equals lies on top
            best, found = depth, fields[2]
    return found

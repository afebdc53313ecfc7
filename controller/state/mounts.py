"""The type of the file system at a path."""

from __future__ import annotations

from pathlib import Path

import psutil

NETWORK = frozenset(
    """
    9p afs beegfs ceph cifs davfs glusterfs gpfs lustre ncpfs nfs nfs4 orangefs pvfs2 smb3 smbfs
    fuse.ceph fuse.ceph-fuse fuse.davfs fuse.glusterfs fuse.juicefs fuse.rclone fuse.s3fs fuse.sshfs
    """.split()  # noqa: SIM905, a word list reads better than two dozen quoted names
)


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

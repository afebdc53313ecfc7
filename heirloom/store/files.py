"""The file system calls of commits, mail and verification, as a small interface.

Tests implement it with the errors and delays of network file systems. Every method raises OSError
when the call fails.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from itertools import islice
from typing import Optional, Protocol

_BLOCK = 1 << 20
_FICLONE = 0x40049409  # linux/fs.h
NO_FILE = (errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENOTDIR)  # not a regular file
_NO_LINK = (errno.EPERM, errno.EMLINK, errno.EXDEV, errno.EOPNOTSUPP)


@dataclass(frozen=True)
class Stat:
    """The kind, size and link count of a directory entry. Symbolic links are not followed."""

    kind: str  # file, directory, link or other
    size: int  # bytes
    links: int  # hard links


class Files(Protocol):
    """The file system calls that commits, mail and verification use. Paths are absolute."""

    def stat(self, path: str) -> Optional[Stat]:
        """The entry at `path`, looked up on the server; None if it does not exist."""

    def names(self, path: str, limit: Optional[int] = None) -> list[str]:
        """The names in a directory, which is opened for the call; at most `limit` of them."""

    def read(self, path: str, limit: int) -> bytes:
        """A file's bytes. Raises OSError with EFBIG for more than `limit` bytes.

        This and the following methods raise OSError for anything but a regular file. They do not
        block on a FIFO.
        """

    def write(self, path: str, data: bytes) -> None:
        """Create a file and fsync it. Raises FileExistsError if the name exists."""

    def make_dir(self, path: str) -> None:
        """Create a directory. Raises FileExistsError if the name exists."""

    def rename(self, old: str, new: str) -> None:
        """Rename a file or directory. A directory never replaces one that is not empty."""

    def remove(self, path: str) -> None:
        """Remove a file."""

    def remove_dir(self, path: str) -> None:
        """Remove an empty directory."""

    def chmod(self, path: str, mode: int) -> None:
        """Set the permissions of a file or directory."""

    def sync_file(self, path: str) -> None:
        """Make a file's bytes durable."""

    def sync_dir(self, path: str) -> None:
        """Make the names in a directory durable."""

    def digest(self, path: str) -> tuple[int, str]:
        """The size in bytes and the digest (`sha256:…`) of the bytes that were read."""

    def share(self, source: str, target: str) -> None:
        """Create `target` with the stored bytes and the mode of `source`, which is durable.

        Nothing is copied. Raises OSError if the file system supports neither links nor clones;
        `target` does not exist then.
        """

    def same(self, one: str, other: str) -> bool:
        """Whether two files have the same bytes."""

    def room(self, path: str) -> int:
        """The free bytes of the file system of `path`, for users other than root."""


class RealFiles:
    """The calls of the operating system."""

    def stat(self, path: str) -> Optional[Stat]:
        """See Files. Opening the directory first makes an NFS client revalidate absent names."""
        try:
            with _directory(os.path.dirname(path)) as above:
                found = os.stat(os.path.basename(path), dir_fd=above, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return Stat(_kind(found.st_mode), found.st_size, found.st_nlink)

    def names(self, path: str, limit: Optional[int] = None) -> list[str]:
        """See Files."""
        with os.scandir(path) as entries:
            return [entry.name for entry in islice(entries, limit)]

    def read(self, path: str, limit: int) -> bytes:
        """See Files. The two directories above are opened first, so that NFS revalidates names."""
        above = os.path.dirname(path)
        with (
            _directory(os.path.dirname(above)) as top,
            _directory(os.path.basename(above) or "/", top) as directory,
        ):
            fd = open_file(os.path.basename(path), os.O_NOFOLLOW, directory)
        with open(fd, "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise OSError(errno.EFBIG, f"more than {limit} bytes", path)
        return data

    def write(self, path: str, data: bytes) -> None:
        """See Files."""
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        finally:
            os.close(fd)

    def make_dir(self, path: str) -> None:
        """See Files."""
        os.mkdir(path, 0o770)

    def rename(self, old: str, new: str) -> None:
        """See Files."""
        os.rename(old, new)

    def remove(self, path: str) -> None:
        """See Files."""
        os.unlink(path)

    def remove_dir(self, path: str) -> None:
        """See Files."""
        os.rmdir(path)

    def chmod(self, path: str, mode: int) -> None:
        """See Files."""
        os.chmod(path, mode)

    def sync_file(self, path: str) -> None:
        """See Files."""
        _sync(path, os.O_RDONLY | os.O_NOFOLLOW)

    def sync_dir(self, path: str) -> None:
        """See Files."""
        _sync(path, os.O_RDONLY | os.O_DIRECTORY)

    def digest(self, path: str) -> tuple[int, str]:
        """See Files. hashlib releases the interpreter lock, so threads can hash in parallel."""
        found = hashlib.sha256()
        size = 0
        block = memoryview(bytearray(_BLOCK))
        with _reading(path) as file:
            while got := file.readinto(block):
                found.update(block[:got])
                size += got
        return size, f"sha256:{found.hexdigest()}"

    def share(self, source: str, target: str) -> None:
        """See Files. Creates a hard link, or a clone (ioctl_ficlone(2)) where links are refused."""
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _clone(source, target)

    def same(self, one: str, other: str) -> bool:
        """See Files."""
        blocks = bytearray(_BLOCK), bytearray(_BLOCK)
        with _reading(one) as first, _reading(other) as second:
            while True:
                got = first.readinto(blocks[0]), second.readinto(blocks[1])
                if got[0] != got[1]:
                    return False
                if not got[0]:
                    return True
                if got[0] < _BLOCK:
                    blocks = blocks[0][: got[0]], blocks[1][: got[0]]
                if blocks[0] != blocks[1]:
                    return False

    def room(self, path: str) -> int:
        """See Files."""
        found = os.statvfs(path)
        return found.f_bavail * found.f_frsize


@contextlib.contextmanager
def _directory(path: str, below: Optional[int] = None) -> Iterator[int]:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=below)
    try:
        yield fd
    finally:
        os.close(fd)


def _reading(path: str) -> FileIO:
    return open(open_file(path, os.O_NOFOLLOW), "rb", buffering=0)


def _clone(source: str, target: str) -> None:
    """Create a durable file that shares the blocks of another one. Raises OSError."""
    with _reading(source) as file:
        fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        try:
            fcntl.ioctl(fd, _FICLONE, file.fileno())
            os.fchmod(fd, stat.S_IMODE(os.fstat(file.fileno()).st_mode))
            os.fsync(fd)
        except OSError:
            os.unlink(target)
            raise
        finally:
            os.close(fd)


def _sync(path: str, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _kind(mode: int) -> str:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"


def open_file(path: str, flags: int = 0, below: Optional[int] = None) -> int:
    """Open a regular file, for reading unless `flags` say otherwise; returns the descriptor.

    `below` is the descriptor of the directory for a relative path. Raises OSError, also for
    anything but a regular file; it does not block on a FIFO. On the NFS server itself a
    non-blocking open fails while a client has a delegation of the file (RFC 8881, section 10.4);
    then the file is opened again, blocking, which takes a moment.
    """
    try:
        fd = os.open(path, flags | os.O_NONBLOCK, 0o660, dir_fd=below)
    except BlockingIOError:
        if not stat.S_ISREG(os.stat(path, dir_fd=below, follow_symlinks=False).st_mode):
            raise
        fd = os.open(path, flags, 0o660, dir_fd=below)
    mode = os.fstat(fd).st_mode
    if not stat.S_ISREG(mode):
        os.close(fd)
        number = errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO
        raise OSError(number, "not a regular file", path)
    return fd

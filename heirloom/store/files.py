"""The file system under commit, mail and verification, as a small interface.

Another implementation may take the place of `RealFiles` and forget, delay, tear and lie as network
file systems do. Every method raises OSError when the file system says no.
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
NO_FILE = (errno.EISDIR, errno.ELOOP, errno.ENXIO, errno.ENOTDIR)  # something else stands there
_NO_LINK = (errno.EPERM, errno.EMLINK, errno.EXDEV, errno.EOPNOTSUPP)


@dataclass(frozen=True)
class Stat:
    """What stands under a name; links are not followed."""

    kind: str  # file, directory, link or other
    size: int  # bytes
    links: int  # hard links


class Files(Protocol):
    """What commit, mail and verification need of a file system. Paths are absolute."""

    def stat(self, path: str) -> Optional[Stat]:
        """What stands at `path`, asked of the server anew; None when nothing does."""

    def names(self, path: str, limit: Optional[int] = None) -> list[str]:
        """The names in a directory, opened anew; no more than `limit` of them, if it is given."""

    def read(self, path: str, limit: int) -> bytes:
        """A file's bytes. OSError with EFBIG when they are more than `limit`.

        Here and below, what is no file raises OSError, and keeps nobody waiting.
        """

    def write(self, path: str, data: bytes) -> None:
        """Make a new file and fsync it. FileExistsError when the name is taken."""

    def make_dir(self, path: str) -> None:
        """Make a directory. FileExistsError when the name is taken."""

    def rename(self, old: str, new: str) -> None:
        """Give a file or directory another name; a directory never replaces one that has names."""

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
        """A file's size in bytes and its digest (`sha256:…`), both of the bytes that were read."""

    def share(self, source: str, target: str) -> None:
        """Give a durable file's stored bytes, and its mode, a second name, which is new.

        Nothing is copied. OSError where the file system can't, and then there is no `target`.
        """

    def same(self, one: str, other: str) -> bool:
        """Whether two files hold the same bytes now."""

    def room(self, path: str) -> int:
        """Bytes that users may still write to the file system of `path`."""


class RealFiles:
    """The operating system's own."""

    def stat(self, path: str) -> Optional[Stat]:
        """See Files. Opening the directory first makes NFS ask again for an absent name."""
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
        """See Files. The two directories above are opened first, for their names' sake."""
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
        """See Files. Hashing lets other threads run meanwhile."""
        found = hashlib.sha256()
        size = 0
        block = memoryview(bytearray(_BLOCK))
        with _reading(path) as file:
            while got := file.readinto(block):
                found.update(block[:got])
                size += got
        return size, f"sha256:{found.hexdigest()}"

    def share(self, source: str, target: str) -> None:
        """See Files. A hard link, or a clone (ioctl_ficlone(2)) where one is not allowed."""
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
    """Make a durable file that has its blocks in common with another one. Raises OSError."""
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
    """Open a file, for reading unless `flags` say otherwise; `below` is a directory's descriptor.

    Raises OSError, for what is no file too: a FIFO in its place keeps nobody waiting. On the host
    that serves a store by NFS, an open that must not wait fails while a client has the file for
    itself (a delegation, RFC 8881 section 10.4): then it does wait, a moment.
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
        raise OSError(errno.EISDIR if stat.S_ISDIR(mode) else errno.ENXIO, "no file", path)
    return fd

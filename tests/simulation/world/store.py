"""The store's server: a tree of files in memory, and the effect of power cuts on it."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


def refusal(code: int, path: str) -> OSError:
    """The OSError for an error code."""
    return OSError(code, os.strerror(code), path)


@dataclass(eq=False)
class Inode:
    """A file or a directory. `written_by` names the client that holds bytes not yet durable."""

    kind: str  # file or directory
    mode: int
    data: bytes = b""
    names: dict[str, Inode] = field(default_factory=dict)
    version: int = 0  # of a directory's names
    author: str = ""  # the client that wrote it last and caches it
    written_by: str | None = None
    links: int = 0

    @property
    def gone(self) -> bool:
        """Whether it has no name left."""
        return self.links == 0

    @property
    def is_writable(self) -> bool:
        """Whether its owner may change it."""
        return bool(self.mode & 0o200)


class Server:
    """The server. Names become durable in order: a sync makes all earlier names durable.

    That is how the journal of a local file system works. Over NFS names are durable at once.
    Bytes become durable file by file.
    """

    def __init__(self, root: str) -> None:
        self.path = root
        self.root = Inode("directory", 0o770, links=1)
        self.away = False
        self.full = False
        self.appeared: Callable[[str, Inode], None] = lambda path, what: (
            None
        )  # renames of a directory
        self.vanished: Callable[[str, Inode], None] = lambda path, what: None
        self._undo: list[Callable[[], None]] = []
        for name in ("attempts", "trials", "mail", "mail/tmp", "mail/new", "mail/done"):
            self.put(name, Inode("directory", 0o770))
        self._undo.clear()

    def find(self, path: str) -> Inode | None:
        """The file or directory at a path below the root, or None."""
        here: Inode | None = self.root
        for name in path.split("/"):
            if here is None:
                return None
            here = here.names.get(name)
        return here

    def put(self, path: str, what: Inode) -> None:
        """Bind a name, replacing an existing one."""
        above, _, name = path.rpartition("/")
        directory = self.find(above) if above else self.root
        assert directory is not None
        self.link(directory, name, what)

    def link(self, directory: Inode, name: str, what: Inode) -> None:
        """Bind a name in a directory, replacing an existing one."""
        before = directory.names.get(name)
        self._set(directory, name, what)
        self._undo.append(lambda: self._set(directory, name, before))

    def unlink(self, directory: Inode, name: str) -> None:
        """Remove a name."""
        what = directory.names[name]
        self._set(directory, name, None)
        self._undo.append(lambda: self._set(directory, name, what))

    def move(self, old: Inode, old_name: str, new: Inode, new_name: str, path: str) -> None:
        """Rename as POSIX allows. `path` is the new path. Raises OSError."""
        what = old.names.get(old_name)
        if what is None:
            raise refusal(errno.ENOENT, path)
        there = new.names.get(new_name)
        if what.kind == "directory":
            if there is not None and (there.kind != "directory" or there.names):
                raise refusal(errno.ENOTEMPTY, path)
            if old is not new and not what.is_writable:
                raise refusal(errno.EACCES, path)
        elif there is not None and there.kind == "directory":
            raise refusal(errno.EISDIR, path)
        if not (old.is_writable and new.is_writable):
            raise refusal(errno.EACCES, path)
        self._set(old, old_name, None)
        self._set(new, new_name, what)

        def back() -> None:
            self._set(new, new_name, there)
            self._set(old, old_name, what)
            if what.kind == "directory":
                self.vanished(path, what)

        self._undo.append(back)
        if what.kind == "directory":
            self.appeared(path, what)

    def harden(self) -> None:
        """Make every name so far durable."""
        self._undo.clear()

    def cut(self, rng: random.Random, clients: set[str], *, names: bool) -> int:
        """Cut the power of `clients`. Return the number of writes that are lost.

        With `names` the server loses power too, and with it the latest names that are not durable.
        """
        lost = 0
        for _, inode in self.walk("", self.root):
            if inode.written_by in clients:
                inode.written_by = None
                if inode.data and rng.random() < 0.7:
                    kept = rng.randrange(len(inode.data))
                    torn = rng.choice([b"", b"\0" * (len(inode.data) - kept)])
                    inode.data = inode.data[:kept] + torn
                    lost += 1
        if names:
            for _ in range(rng.randint(0, len(self._undo))):
                self._undo.pop()()
                lost += 1
            self._undo.clear()
        return lost

    def tree(self, path: str) -> Iterator[tuple[str, Inode]]:
        """Every file below a directory, with its relative path."""
        found = self.find(path)
        return self.walk("", found) if found is not None else iter(())

    def walk(self, path: str, inode: Inode) -> Iterator[tuple[str, Inode]]:
        """Every file below, with its path."""
        for name, below in sorted(inode.names.items()):
            where = f"{path}/{name}" if path else name
            if below.kind == "directory":
                yield from self.walk(where, below)
            else:
                yield where, below

    def _set(self, directory: Inode, name: str, what: Inode | None) -> None:
        before = directory.names.pop(name, None)
        if before is not None:
            before.links -= 1
        if what is not None:
            directory.names[name] = what
            what.links += 1
        directory.version += 1

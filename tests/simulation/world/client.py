"""One machine's mount of the store: the `Files` of `heirloom.store.files`, behaving as NFS does.

Names and their absence are cached for up to a minute, until the directory is opened again and
has changed. Every call takes time and may fail before or after its effect.
"""

from __future__ import annotations

import errno
import hashlib

from heirloom.store.files import Stat
from tests.simulation.world.faults import Faults
from tests.simulation.world.schedule import Host, Schedule
from tests.simulation.world.store import Inode, Server, refusal

_TRUST = (3.0, 60.0)  # seconds for which a name is cached: acregmin to acdirmax of nfs(5)
_ROOM = 10**12  # free bytes of a store that is not full
_SOFT = 20.0  # seconds after which a soft mount gives up
_BEFORE = (errno.EIO, errno.ESTALE, errno.EAGAIN)
_AFTER = (
    errno.EIO,
    errno.ENOENT,
    errno.EEXIST,
    errno.ESTALE,
)  # errors of a call that was sent twice


class Client:
    """The store as one machine sees it. Paths are absolute and below the server's root."""

    def __init__(
        self, schedule: Schedule, server: Server, host: Host, faults: Faults, *, soft: bool
    ) -> None:
        self.host = host
        self.cut = False  # whether the machine's network is cut
        self._schedule, self._server, self._faults = schedule, server, faults
        self._soft = soft
        self._start = len(server.path) + 1
        self._cached: dict[tuple[int, str], tuple[float, Inode | None]] = {}
        self._opened: dict[int, int] = {}  # directory -> its version at the last open
        self._misread: set[Inode] = set()
        self._kept: list[Inode] = []  # keeps objects alive, so that no id is reused

    # The interface Files

    def stat(self, path: str) -> Stat | None:
        self._ask(path)
        try:
            directory = self._open(self._above(path))
        except FileNotFoundError:
            return None
        found = self._name(directory, path)
        return None if found is None else Stat(found.kind, len(found.data), found.links)

    def names(self, path: str, limit: int | None = None) -> list[str]:
        self._ask(path)
        return list(self._open(self._find(path)).names)[:limit]

    def read(self, path: str, limit: int) -> bytes:
        self._ask(path)
        above = path.rpartition("/")[0]
        self._open(self._above(above))
        self._open(self._above(path))
        found = self._find(path)
        if found.kind != "file":
            raise refusal(errno.EISDIR, path)
        if len(found.data) > limit:
            raise refusal(errno.EFBIG, path)
        return self._bytes(found)

    def write(self, path: str, data: bytes) -> None:
        after = self._ask(path, change=True)
        directory = self._above(path)
        self._may_make(directory, path)
        made = Inode("file", 0o660, data, author=self.host.name)
        if self._faults.occurs("torn write"):  # the file exists but is incomplete
            made.data = data[: len(data) // 2]
            after = after or (errno.ENOSPC if self._server.full else errno.EIO)
        self._give(directory, path, made)
        self._server.harden()
        self._answer(after, path)

    def make_dir(self, path: str) -> None:
        after = self._ask(path, change=True)
        directory = self._above(path)
        self._may_make(directory, path)
        self._give(directory, path, Inode("directory", 0o770))
        self._answer(after, path)

    def rename(self, old: str, new: str) -> None:
        after = self._ask(new, change=True)
        above, into = self._above(old), self._above(new)
        if self._is_absent(above, old):
            raise refusal(errno.ENOENT, old)
        self._server.move(
            above, old.rpartition("/")[2], into, new.rpartition("/")[2], new[self._start :]
        )
        self._forget(above, old)
        self._forget(into, new)
        self._answer(after, new)

    def remove(self, path: str) -> None:
        self._take_away(path, "file")

    def remove_dir(self, path: str) -> None:
        self._take_away(path, "directory")

    def chmod(self, path: str, mode: int) -> None:
        self._ask(path)
        self._find(path).mode = mode

    def sync_file(self, path: str) -> None:
        self._ask(path)
        self._find(path).written_by = None
        self._server.harden()

    def sync_dir(self, path: str) -> None:
        self._ask(path)
        self._find(path)
        self._server.harden()

    def digest(self, path: str) -> tuple[int, str]:
        self._ask(path)
        data = self._bytes(self._find(path))
        return len(data), f"sha256:{hashlib.sha256(data).hexdigest()}"

    def share(self, source: str, target: str) -> None:
        after = self._ask(target, change=True)
        found, directory = self._find(source), self._above(target)
        self._may_make(directory, target)
        self._give(directory, target, found)
        self._answer(after, target)

    def same(self, one: str, other: str) -> bool:
        self._ask(one)
        return self._bytes(self._find(one)) == self._bytes(self._find(other))

    def copy(self, source: str, target: str) -> None:
        """Copy a file, as `heirloom.store.checkpoints.restoring.copy_file` does."""
        self._ask(source)
        data = self._bytes(self._find(source))
        self.put(target, data)

    def room(self, path: str) -> int:
        return 0 if self._server.full else _ROOM

    # Writes of trials and heartbeats, which need no durability

    def put(self, path: str, data: bytes) -> Inode:
        """Write or overwrite a file without fsync. Raises OSError."""
        directory = self._above(path)
        found = directory.names.get(path.rpartition("/")[2])
        if found is None:
            self._may_make(directory, path)
            found = Inode("file", 0o660)
            self._give(directory, path, found)
        elif not found.is_writable:
            raise refusal(errno.EACCES, path)
        self.put_into(found, data)
        return found

    def put_into(self, file: Inode, data: bytes) -> None:
        """Write into an open file. Its mode is not checked again."""
        file.data = data
        file.author = file.written_by = self.host.name

    def get(self, path: str) -> bytes | None:
        """The bytes that a program reads from the file; None if there is no file."""
        found = self._server.find(path[self._start :])
        return None if found is None else found.data

    @property
    def hangs(self) -> bool:
        """Whether calls hang now."""
        return self.cut or self._server.away

    def forget(self) -> None:
        """Drop all caches, as a restart of the machine does."""
        self._cached.clear()
        self._opened.clear()

    # The mount

    def ask(self) -> None:
        """Spend the time of a call, and wait while the store is unavailable. Raises OSError."""
        self._ask("")

    def _ask(self, path: str, *, change: bool = False) -> int:
        """Start a call. Return the error to report after its effect, or 0."""
        actor = self._schedule.running
        assert actor is not None
        actor.sleep(self._schedule.rng.uniform(*self._faults.round_trip))
        since = self._schedule.now
        while self.hangs:
            if self._soft and self._schedule.now - since > _SOFT:
                raise refusal(errno.EIO, path)
            actor.sleep(1.0)
        if self._server.full and change and self._faults.occurs("full"):
            raise refusal(errno.ENOSPC, path)
        if self._faults.occurs("refused call"):
            raise refusal(self._schedule.rng.choice(_BEFORE), path)
        if change and self._faults.occurs("done, and an error"):
            return self._schedule.rng.choice(_AFTER)
        return 0

    def _answer(self, code: int, path: str) -> None:
        if code:
            self._faults.note(
                f"{path[self._start :]}: done, but the answer is {errno.errorcode[code]}"
            )
            raise refusal(code, path)

    def _bytes(self, file: Inode) -> bytes:
        """The bytes that a read returns: never wrong twice in a row or for own writes."""
        if file.author == self.host.name or not file.data or file in self._misread:
            self._misread.discard(file)
            return file.data
        found = self._faults.read(file.data)
        if found != file.data:
            self._misread.add(file)
        return found

    def _find(self, path: str) -> Inode:
        """Follow a path through cached names. Raises FileNotFoundError."""
        here = self._server.root
        for name in path[self._start :].split("/"):
            found = self._trusted(here, name)
            if found is None:
                raise refusal(errno.ENOENT, path)
            here = found
        return here

    def _above(self, path: str) -> Inode:
        return self._find(path.rpartition("/")[0])

    def _trusted(self, directory: Inode, name: str) -> Inode | None:
        held = self._cached.get((id(directory), name))
        if held is not None and held[0] > self._schedule.now:
            known = held[1]
            if known is None or not known.gone:
                return known
        found = directory.names.get(name)
        self._trust(directory, name, found)
        return found

    def _trust(self, directory: Inode, name: str, found: Inode | None) -> None:
        until = self._schedule.now + self._schedule.rng.uniform(*_TRUST)
        self._cached[id(directory), name] = (until, found)
        self._opened.setdefault(id(directory), directory.version)
        self._kept.append(directory)

    def _open(self, directory: Inode) -> Inode:
        """Open a directory. If it has changed, all its names leave the cache."""
        if directory.kind != "directory":
            raise refusal(errno.ENOTDIR, "")
        if self._opened.get(id(directory)) != directory.version:
            for key in [key for key in self._cached if key[0] == id(directory)]:
                del self._cached[key]
            self._opened[id(directory)] = directory.version
            self._kept.append(directory)
        return directory

    def _name(self, directory: Inode, path: str) -> Inode | None:
        return self._trusted(directory, path.rpartition("/")[2])

    def _is_absent(self, directory: Inode, path: str) -> bool:
        """Whether the cache says that the name does not exist, which may be wrong."""
        until, found = self._cached.get((id(directory), path.rpartition("/")[2]), (0.0, None))
        return found is None and until > self._schedule.now

    def _may_make(self, directory: Inode, path: str) -> None:
        if path.rpartition("/")[2] in directory.names:
            raise refusal(errno.EEXIST, path)
        if not directory.is_writable:
            raise refusal(errno.EACCES, path)

    def _give(self, directory: Inode, path: str, what: Inode) -> None:
        self._server.link(directory, path.rpartition("/")[2], what)
        self._forget(directory, path)

    def _forget(self, directory: Inode, path: str) -> None:
        self._cached.pop((id(directory), path.rpartition("/")[2]), None)

    def _take_away(self, path: str, kind: str) -> None:
        after = self._ask(path, change=True)
        directory = self._above(path)
        name = path.rpartition("/")[2]
        found = directory.names.get(name)
        if found is None:
            raise refusal(errno.ENOENT, path)
        if found.kind != kind:
            raise refusal(errno.EISDIR if kind == "file" else errno.ENOTDIR, path)
        if found.names:
            raise refusal(errno.ENOTEMPTY, path)
        if not directory.is_writable:
            raise refusal(errno.EACCES, path)
        self._server.unlink(directory, name)
        self._forget(directory, path)
        self._answer(after, path)

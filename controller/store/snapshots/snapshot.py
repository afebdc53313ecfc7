"""A read-only copy of the trial's code on the store, named by the digest of its content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from controller.errors import reason
from controller.store.layout import Root, StoreError, remove
from controller.store.snapshots.listing import CodeError, Entry, entries
from heirloom.store.atomic_write import sync_directory

_CHUNK = 1 << 20
_SYNCS = 8  # at a time


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A copy on the store. `path` is relative to the root, as specs name it."""

    digest: str
    path: str
    files: int
    size: int  # bytes
    entries: Collection[Entry] = field(repr=False)


def take(code_dir: Path, root: Root, leave_out: Collection[Path] = ()) -> Snapshot:
    """Copy a code directory into `code/DIGEST`, unless that exists.

    The store and the directories in `leave_out` are excluded. Raises CodeError when the directory
    cannot be read, StoreError when the store cannot be written.
    """
    return put(code_dir, entries(code_dir, (root.store, *leave_out)), root.code)


def digest(code_dir: Path, root: Root, leave_out: Collection[Path] = ()) -> str:
    """The digest that `take` would use, to detect a change of the directory.

    Raises CodeError.
    """
    return _digest(code_dir, entries(code_dir, (root.store, *leave_out)))


def put(source: Path, found: Collection[Entry], parent: Path) -> Snapshot:
    """Copy entries of `source` into `parent/DIGEST`, once. Raises CodeError, StoreError."""
    named = _digest(source, found)
    if not (parent / named).is_dir():
        try:
            named = _place(source, found, parent)
        except OSError as error:
            raise StoreError(f"cannot write {parent}: {reason(error)}") from None
    size = sum(entry.size for entry in found)
    return Snapshot(named, f"{parent.name}/{named}", len(found), size, found)


def _digest(source: Path, found: Iterable[Entry], copy: Path | None = None) -> str:
    """SHA-256 of paths, kinds, executable bits and contents. Copies files if `copy` is given."""
    total = hashlib.sha256()
    for entry in found:
        if entry.target is not None:
            kind, content = b"link", hashlib.sha256(os.fsencode(entry.target)).digest()
            if copy is not None:
                _destination(copy, entry).symlink_to(entry.target)
        else:
            kind = b"program" if entry.executable else b"file"
            content = _read(source, entry, None if copy is None else _destination(copy, entry))
        total.update(b"%b %b %b\0" % (kind, content.hex().encode(), os.fsencode(entry.path)))
    return total.hexdigest()


def _read(source: Path, entry: Entry, copy: Path | None) -> bytes:
    """A file's digest. Copies the same bytes that it hashes: the file may change meanwhile."""
    content = hashlib.sha256()
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context((source / entry.path).open("rb"))
        except OSError as error:
            raise CodeError(f"cannot read {source / entry.path}: {reason(error)}") from None
        to = None if copy is None else stack.enter_context(copy.open("xb"))
        while chunk := file.read(_CHUNK):
            content.update(chunk)
            if to is not None:
                to.write(chunk)
        if to is not None:
            os.fchmod(to.fileno(), 0o550 if entry.executable else 0o440)
    return content.digest()


def _destination(copy: Path, entry: Entry) -> Path:
    path = copy / entry.path
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _make_durable(top: Path) -> None:
    """Sync the files and directories, several at a time: each waits for the disk or the server.

    Makes the directories read-only. Raises OSError.
    """
    paths = list[Path]()
    for directory, _, files in os.walk(top, topdown=False):
        found = (Path(directory, file) for file in files)
        paths += (path for path in found if not path.is_symlink())
        paths.append(Path(directory))
        paths[-1].chmod(0o550)
    with ThreadPoolExecutor(_SYNCS) as pool:
        for _ in pool.map(_sync, paths):
            pass


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(source: Path, found: Collection[Entry], parent: Path) -> str:
    """Write a temporary directory, make it durable and read-only, rename it; returns the digest."""
    written = Path(tempfile.mkdtemp(prefix=".tmp-", dir=parent))
    try:
        named = _digest(source, found, written)
        _make_durable(written)
        try:
            written.rename(parent / named)
        except OSError:
            if not (parent / named).is_dir():
                raise
            remove(written)  # another process placed the same
        sync_directory(str(parent))
    except BaseException:
        remove(written)
        raise
    return named

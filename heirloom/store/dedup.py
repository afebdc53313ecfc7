"""What did not change is stored once: a child's file that is its parent's gets the parent's bytes.

It is decided at the commit, while nothing of the trial lives and the weights are not yet the
trial's: a crash leaves an attempt that was not committed. To remove a parent's weights takes only
their names away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Optional

from . import manifest
from .files import Files
from .manifest import Entry, ManifestError

_LITTLE = 4 << 20  # bytes, below which a thread costs more than it saves
_LANES = 2

Stored = dict[tuple[int, str], tuple[str, int]]  # size and digest -> path, who committed it first


def share(
    files: Files,
    root: str,
    out: str,
    entries: Sequence[Entry],
    parents: Sequence[int],
    idle: Callable[[], None],
) -> list[Entry]:
    """Store the files of `out/weights` that a parent has too in the parent's bytes; the entries.

    Sizes and digests say which may be the same, and the bytes, compared now, which are. A file
    that cannot be shared stays as it is. `idle` is called about once a second. Raises OSError.
    """
    stored = _stored(files, root, parents)
    alike = [entry for entry in entries if (entry.size, entry.digest) in stored]
    if not alike:
        return list(entries)

    def one(entry: Entry, draft: str) -> Optional[int]:
        source, first = stored[entry.size, entry.digest]
        return first if _replace(files, source, draft, f"{out}/weights/{entry.path}") else None

    if sum(entry.size for entry in alike) <= _LITTLE:
        shared = {entry.path: one(entry, f"{out}/shared") for entry in alike}
    else:
        with ThreadPoolExecutor(_LANES) as pool:
            futures: dict[str, Future[Optional[int]]] = {
                entry.path: pool.submit(one, entry, f"{out}/shared.{number}")
                for number, entry in enumerate(alike)
            }
            while wait(futures.values(), timeout=1.0).not_done:
                idle()
        shared = {path: future.result() for path, future in futures.items()}
    return [replace(entry, shared=shared.get(entry.path)) for entry in entries]


def _stored(files: Files, root: str, parents: Sequence[int]) -> Stored:
    """What the parents have committed. One that cannot be read now has nothing to share."""
    stored: Stored = {}
    for parent in parents:
        with contextlib.suppress(OSError, ManifestError):
            found = manifest.read(files, root, parent)
            for entry in found.files if found is not None else ():
                if entry.size:
                    first = parent if entry.shared is None else entry.shared
                    path = f"{root}/trials/{parent}/weights/{entry.path}"
                    stored.setdefault((entry.size, entry.digest), (path, first))
    return stored


def _replace(files: Files, source: str, draft: str, target: str) -> bool:
    """Put the bytes of `source` in the place of `target`'s, if they are the same and it can be."""
    replaced = False
    with contextlib.suppress(OSError):  # whichever bytes stand there then, they are the same
        files.share(source, draft)
        if files.same(draft, target):
            files.rename(draft, target)
            replaced = True
    if not replaced:
        with contextlib.suppress(FileNotFoundError):
            files.remove(draft)  # a network file system may have made it and said no
    return replaced

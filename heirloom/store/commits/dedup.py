"""Deduplication: a child's file that equals a file of a parent shares its stored bytes.

It runs during the commit, when the trial's processes have ended and its weights are not committed
yet: after a crash the attempt is simply not committed. Removing a parent's weights later removes
only their names, so the child keeps its bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Optional

from .. import manifest
from ..files import Files
from ..manifest import Entry, ManifestError

_SMALL = 4 << 20  # bytes, below which threads cost more than they save
_THREADS = 2

Stored = dict[
    tuple[int, str], tuple[str, int]
]  # (size, digest) -> path, and the trial that committed it first


def share_with_parents(
    files: Files,
    root: str,
    out: str,
    entries: Sequence[Entry],
    parents: Sequence[int],
    idle: Callable[[], None],
) -> list[Entry]:
    """Replace files in `out/weights` that a parent has too by links to the parent's bytes.

    Returns the entries, marked where they are shared. Candidates have the same size and digest;
    their bytes are compared before they are replaced. A file that cannot be shared stays as it is.
    `idle` is called about once a second. Raises OSError.
    """
    stored = _stored(files, root, parents)
    candidates = [entry for entry in entries if (entry.size, entry.digest) in stored]
    if not candidates:
        return list(entries)

    def share(entry: Entry, draft: str) -> Optional[int]:
        source, first = stored[entry.size, entry.digest]
        return first if _replace(files, source, draft, f"{out}/weights/{entry.path}") else None

    if sum(entry.size for entry in candidates) <= _SMALL:
        shared = {entry.path: share(entry, f"{out}/shared") for entry in candidates}
    else:
        with ThreadPoolExecutor(_THREADS) as pool:
            futures: dict[str, Future[Optional[int]]] = {
                entry.path: pool.submit(share, entry, f"{out}/shared.{number}")
                for number, entry in enumerate(candidates)
            }
            while wait(futures.values(), timeout=1.0).not_done:
                idle()
        shared = {path: future.result() for path, future in futures.items()}
    return [replace(entry, shared=shared.get(entry.path)) for entry in entries]


def _stored(files: Files, root: str, parents: Sequence[int]) -> Stored:
    """The files that the parents have committed. A parent that cannot be read is left out."""
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
    """Replace `target` by a link to `source` if their bytes are equal. Returns whether it did."""
    replaced = False
    with contextlib.suppress(OSError):  # `target` has the right bytes before and after the rename
        files.share(source, draft)
        if files.same(draft, target):
            files.rename(draft, target)
            replaced = True
    if not replaced:
        with contextlib.suppress(FileNotFoundError):
            files.remove(draft)  # NFS may have created it and still returned an error
    return replaced

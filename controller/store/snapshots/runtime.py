"""A copy of the package `heirloom` on the store, which nodes run and trials import."""

from __future__ import annotations

from pathlib import Path

import heirloom
from controller.store.layout import Root
from controller.store.snapshots.listing import Entry
from controller.store.snapshots.snapshot import Snapshot, put


def take(root: Root) -> Snapshot:
    """Copy the package's Python files into `runtime/DIGEST`, unless that exists.

    Raises StoreError.
    """
    package = Path(heirloom.__path__[0])
    source, files = package.parent, sorted(package.rglob("*.py"))
    found = [Entry(path.relative_to(source).as_posix(), path.stat().st_size) for path in files]
    return put(source, found, root.runtime)

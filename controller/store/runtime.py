"""The package `heirloom` on the store: what the nodes run."""

from __future__ import annotations

from pathlib import Path

import heirloom
from controller.store.layout import Root
from controller.store.listing import Entry
from controller.store.snapshot import Snapshot, put


def take(root: Root) -> Snapshot:
    """Copy the package's Python files into `runtime/DIGEST/heirloom`, unless they are there.

    Raises StoreError.
    """
    package = Path(heirloom.__path__[0])
    files = sorted(package.rglob("*.py"))
    found = [Entry(path.relative_to(package).as_posix(), path.stat().st_size) for path in files]
    return put(package, found, root.runtime, package.name)

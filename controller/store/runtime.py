"""The packages `heirloom` and `nni` on the store: what the nodes run, and what trials import."""

from __future__ import annotations

from pathlib import Path

import heirloom
from controller.store.layout import Root
from controller.store.listing import Entry
from controller.store.snapshot import Snapshot, put

_PACKAGES = ("heirloom", "nni")  # they lie side by side


def take(root: Root) -> Snapshot:
    """Copy the packages' Python files into `runtime/DIGEST`, unless they are there.

    Raises StoreError.
    """
    source = Path(heirloom.__path__[0]).parent
    files = sorted(path for name in _PACKAGES for path in (source / name).rglob("*.py"))
    found = [Entry(path.relative_to(source).as_posix(), path.stat().st_size) for path in files]
    return put(source, found, root.runtime)

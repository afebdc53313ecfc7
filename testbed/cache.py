"""The testbed's cache directory, outside the repository."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent


def cache_root() -> Path:
    """Return the cache directory, `heirloom/testbed` under XDG_CACHE_HOME. Create it if needed."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(base).absolute() / "heirloom" / "testbed"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def digest(recipe: Any) -> str:
    """Return sixteen hex digits of the SHA-256 of a recipe (any JSON value)."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file during the block. Wait until it is free."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def building(target: Path) -> Iterator[Path]:
    """Yield a temporary directory beside `target`, and delete it afterwards.

    It is on the same file system, so a rename to `target` is atomic.
    """
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    work.chmod(0o755)
    try:
        yield work
    finally:
        shutil.rmtree(work)

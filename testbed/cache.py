"""Where the testbed keeps what it built, outside the repository."""

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
    """The cache directory: `heirloom/testbed` under XDG_CACHE_HOME. Made if it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(base).absolute() / "heirloom" / "testbed"
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    return root


def digest(recipe: Any) -> str:
    """Sixteen hex digits that stand for a recipe (anything JSON can hold)."""
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while in the block; waits for whoever has it."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def building(target: Path) -> Iterator[Path]:
    """A directory to build `target` in, on the same disk; gone afterwards, built or not.

    What is put at `target` by a rename is whole whenever it is there.
    """
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    work.chmod(0o755)
    try:
        yield work
    finally:
        shutil.rmtree(work)

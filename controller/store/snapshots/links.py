"""Symbolic links in a code directory, and what becomes of them in its snapshot."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

# A linked file outside the code directory is copied up to this size: it is code, not data.
COPY_LIMIT = 10 * 10**6  # bytes


@dataclass(frozen=True, slots=True)
class Resolved:
    """A link: what it becomes in the snapshot."""

    target: str  # of the link in the snapshot: relative inside the code directory, else absolute
    file: os.stat_result | None = None  # of the file that is copied instead of the link


def resolve(top: Path, path: str) -> Resolved:
    """Decide what the link `path` in the code directory `top` becomes. Raises OSError.

    A link to something inside stays a relative link, wherever it leads then. A link to a file
    outside becomes a copy of it. Any other link outside becomes an absolute link: a directory, a
    large file, or what does not exist on this machine.
    """
    target = str((top / path).readlink())
    here = Path(os.path.realpath(top), path).parent
    place = os.path.normpath(here / target)
    if is_within(place, os.path.realpath(top)):
        return Resolved(os.path.relpath(place, here) if target.startswith("/") else target)
    try:
        info = (top / path).stat()
    except OSError:  # it leads nowhere, round in a circle, or where this user may not look
        return Resolved(place)
    if stat.S_ISREG(info.st_mode) and info.st_size <= COPY_LIMIT and os.access(top / path, os.R_OK):
        return Resolved(place, info)
    # With `..` after a link in the target, the text of the path means something else.
    return Resolved(place if _same(place, top / path) else os.path.realpath(top / path))


def is_within(path: str, top: str) -> bool:
    """Whether a normalised absolute path is `top` or below it."""
    return path == top or path.startswith(top.rstrip("/") + "/")


def _same(one: str, other: Path) -> bool:
    try:
        return other.samefile(one)
    except OSError:
        return False

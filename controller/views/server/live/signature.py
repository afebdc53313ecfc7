"""Whether an experiment has changed, without reading its journal."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from controller.state.experiment_dir import ExperimentDir
from controller.state.lock import is_locked

_File = tuple[int, int, int]  # inode, bytes, nanoseconds of the last change


class Signature(NamedTuple):
    """Equal as long as nothing was written to the journal, and no controller came or went."""

    journal: _File
    log: _File  # SQLite's write-ahead log, which a reader may create empty
    is_running: bool


_NO_FILE: _File = (0, 0, 0)


def signature(place: ExperimentDir) -> Signature | None:
    """The signature now, None where there is no journal."""
    journal = _stat(place.journal)
    if journal == _NO_FILE:
        return None
    log = _stat(place.journal.with_name(f"{place.journal.name}-wal"))
    return Signature(journal, log if log[1] else _NO_FILE, is_locked(place))


def _stat(path: Path) -> _File:
    try:
        found = os.stat(path)  # noqa: PTH116 - several times faster than pathlib, every second
    except OSError:
        return _NO_FILE
    return found.st_ino, found.st_size, found.st_mtime_ns

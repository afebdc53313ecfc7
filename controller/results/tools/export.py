"""Export an experiment into another tool, once."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator

from controller.errors import HeirloomError, reason
from controller.results.tools import registry
from controller.results.tools.source import Source
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from heirloom.store import flock

_PATIENCE = 10.0  # seconds
_POLL = 0.05  # seconds


def export(place: ExperimentDir, tool: str, path: str | None) -> str:
    """Write the trials of an experiment into a tool. Returns in words what was written.

    Raises HeirloomError.
    """
    exporter = registry.create(tool)
    with alone(place, tool):
        source = Source(records.load(place, curves=True))
        try:
            return exporter.export(source, path)
        except OSError as error:
            where = path or error.filename or "."
            raise HeirloomError(f"--to {tool}: {where}: {reason(error)}") from None


@contextlib.contextmanager
def alone(place: ExperimentDir, tool: str) -> Iterator[None]:
    """A block that no other process executes for the same experiment and tool.

    Two could both write what the tool lacks. Raises HeirloomError if another process is in its
    block for too long.
    """
    lock = None if tool in registry.WHOLE else _lock(place, tool)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def _lock(place: ExperimentDir, tool: str) -> int | None:
    """The descriptor that holds the lock. None where no process can write a lock."""
    end = time.monotonic() + _PATIENCE
    try:
        place.exporters.mkdir(mode=0o700, exist_ok=True)
        while True:
            found = flock.take(str(place.exporters / f"{tool}.writing"))
            if found is not None:
                return found
            if time.monotonic() > end:
                break
            time.sleep(_POLL)
    except OSError:
        return None
    raise HeirloomError(
        f"another process exports {place.name} to {tool} for more than {_PATIENCE:.0f} s: try "
        "again later"
    )

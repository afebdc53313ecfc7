"""What the exporters of an experiment report about themselves (controller/results/live/)."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from controller.formats import clock, command
from controller.state.experiment_dir import ExperimentDir
from heirloom.store import flock
from heirloom.store.atomic_write import replace_file

HANGS = 60.0  # seconds after which a call counts as hung


@dataclass(frozen=True, slots=True)
class Status:
    """The state of an exporter. `busy_since` is in seconds since the epoch."""

    busy_since: float | None = None  # when the call began that has not returned
    problem: str = ""  # why trials are not exported, as in `fails, and tries again: no route`


def write(place: ExperimentDir, tool: str, status: Status) -> None:
    """Write the status of an exporter. Raises OSError."""
    path = place.exporters / f"{tool}.json"
    replace_file(str(path), json.dumps(asdict(status)).encode(), mode=0o600)


def read(place: ExperimentDir, tool: str) -> Status:
    """The status of an exporter; that of an idle one where the file cannot be read."""
    try:
        return Status(**json.loads((place.exporters / f"{tool}.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return Status()


def trouble(place: ExperimentDir, tool: str) -> str:
    """Why an exporter does not export, such as `has not answered since …`; empty if it does."""
    status = read(place, tool)
    since = status.busy_since
    if since is None:
        return status.problem
    if not _runs(place, tool):
        return f"was killed while it exported: {rest(place, tool)}"
    late = time.time() - since > HANGS
    return f"has not answered since {clock(since)}" if late else status.problem


def rest(place: ExperimentDir, tool: str) -> str:
    """What to do about trials that no exporter will export."""
    return f"`{command('export', place.name, '--to', tool, 'PATH')}` writes the rest"


def troubles(place: ExperimentDir, tools: Iterable[str]) -> dict[str, str]:
    """The exporters that do not export, and why."""
    found = {tool: trouble(place, tool) for tool in tools}
    return {tool: why for tool, why in found.items() if why}


def lock_file(place: ExperimentDir, tool: str) -> str:
    """The path of the lock that the process of an exporter holds."""
    return str(place.exporters / f"{tool}.lock")


def _runs(place: ExperimentDir, tool: str) -> bool:
    try:
        return flock.is_taken(lock_file(place, tool))
    except OSError:
        return False

"""Deletes an experiment, on this machine and on the store."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from controller.errors import HeirloomError
from controller.formats import command
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.lock import Lock
from controller.store import layout


class RemovalError(HeirloomError):
    """The experiment cannot be removed now."""


@dataclass(frozen=True, slots=True)
class Removable:
    """What would be removed. `size` is in bytes."""

    root: Path
    trials: int
    size: int


def inspect(place: ExperimentDir) -> Removable:
    """What `remove` would delete.

    Raises HeirloomError, also while trials of the experiment are on nodes.
    """
    record = records.load(place)
    if record.is_running or record.experiment.on_nodes:
        end = command("stop", place.name)
        raise RemovalError(f"{place.name} is still running: end it first with `{end}`")
    path = record.root.path
    files = (Path(top) / name for top, _, names in os.walk(path) for name in names)
    size = sum(file.lstat().st_size for file in files)
    return Removable(path, len(record.experiment.trials), size)


def remove(place: ExperimentDir, found: Removable) -> None:
    """Delete the experiment. Raises LockedError when a controller has resumed it meanwhile."""
    with Lock(place):
        layout.remove(found.root)
        if found.root.exists():
            raise RemovalError(
                f"{found.root} cannot be removed by this user: remove it as its owner"
            )
        layout.remove(Home.of_user().run / found.root.name)
        place.discard()

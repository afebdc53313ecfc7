"""Reads committed weights, and compares them with their manifests."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from controller.errors import HeirloomError, reason
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from heirloom.store import manifest
from heirloom.store.commits.verify import differences
from heirloom.store.files import NO_FILE, RealFiles
from heirloom.store.manifest import ManifestError


@dataclass(slots=True)
class Verified:
    """What was read. `size` is in bytes; `damaged` has a line for each damaged file, by trial."""

    trials: int = 0
    size: int = 0
    damaged: dict[int, list[str]] = field(default_factory=dict)


def verify(place: ExperimentDir, progress: Callable[[int, int], object]) -> Verified:
    """Read all weights of an experiment, which may be running.

    `progress` is called with the bytes read so far and the bytes in all. Raises HeirloomError
    where the store cannot be read.
    """
    record = records.load(place)
    committed = [trial for trial in record.experiment.trials if records.has_weights(trial)]
    total, read = sum(trial.size for trial in committed), 0
    files, root = RealFiles(), str(record.root.path)
    found = Verified()
    for trial in committed:
        progress(read, total)
        try:
            lines = _damage(files, root, trial.id)
        except OSError as error:
            raise HeirloomError(
                f"{error.filename or root} cannot be read: {reason(error)}"
            ) from None
        read += trial.size
        if lines is None:
            continue
        found.trials += 1
        found.size += trial.size
        if lines:
            found.damaged[trial.id] = lines
    return found


def _damage(files: RealFiles, root: str, trial: int) -> list[str] | None:
    """What is wrong with a trial's weights. None where they were removed meanwhile."""
    try:
        verdict = manifest.read(files, root, trial)
        if verdict is None:
            return [f"trials/{trial} is gone from the store"]
        return differences(files, root, verdict, lambda: None)
    except ManifestError as error:
        return [str(error)]
    except OSError as error:
        if error.errno not in (errno.ENOENT, *NO_FILE):
            raise
        if files.stat(f"{root}/trials/{trial}/{manifest.REMOVED}") is not None:
            return None
        return [f"{error.filename} is gone, or is no longer a file"]

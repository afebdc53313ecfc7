"""`verify`: every committed file is read, and compared with what its manifest says."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from controller.core.model import Trial
from controller.errors import HeirloomError, reason
from controller.state import record as records
from controller.state.home import ExperimentDir
from controller.state.record import Record
from heirloom.store import manifest
from heirloom.store.files import NO_FILE, RealFiles
from heirloom.store.manifest import ManifestError
from heirloom.store.verify import wrong


@dataclass(slots=True)
class Verified:
    """What was read. `size` is in bytes; `damaged` has a line for each file, by trial."""

    trials: int = 0
    size: int = 0
    damaged: dict[int, list[str]] = field(default_factory=dict)


def verify(place: ExperimentDir) -> Verified:
    """Read all weights of an experiment, be it running or not; progress is shown on a terminal.

    Raises HeirloomError where the store does not answer.
    """
    record = records.load(place)
    standing = [trial for trial in record.experiment.trials if records.has_weights(trial)]
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=sum(trial.size for trial in standing))
        return _read(record, standing, lambda size: bar.advance(task, size))


def _read(record: Record, standing: list[Trial], done: Callable[[int], None]) -> Verified:
    files, root = RealFiles(), str(record.root.path)
    found = Verified()
    for trial in standing:
        try:
            lines = _damage(files, root, trial.id)
        except OSError as error:
            raise HeirloomError(
                f"{error.filename or root} cannot be read: {reason(error)}"
            ) from None
        if lines is None:
            continue
        found.trials += 1
        found.size += trial.size
        if lines:
            found.damaged[trial.id] = lines
        done(trial.size)
    return found


def _damage(files: RealFiles, root: str, trial: int) -> list[str] | None:
    """What is wrong with a trial's weights; None where they were removed meanwhile."""
    try:
        verdict = manifest.read(files, root, trial)
        if verdict is None:
            return [f"trials/{trial} is gone from the store"]
        return wrong(files, root, verdict, lambda: None)
    except ManifestError as error:
        return [str(error)]
    except OSError as error:
        if error.errno not in (errno.ENOENT, *NO_FILE):
            raise
        if files.stat(f"{root}/trials/{trial}/{manifest.REMOVED}") is not None:
            return None
        return [f"{error.filename} is gone, or no file any more"]

"""Notes about an experiment as a whole, in sentences."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from rich import filesize

from controller.core.model import Trial
from controller.formats import clock, command, counted
from controller.state import exporters
from controller.state.record import Record
from controller.store import dedup
from controller.views import hours
from heirloom.store.files import RealFiles


def of_state(record: Record) -> Iterator[str]:
    """Why the search ended or does not go on, how to go on with it, and which exporters fail."""
    experiment = record.experiment
    if experiment.closed is not None:
        yield f"The search ended: {experiment.closed.reason}."
    if not record.is_running and record.state in ("interrupted", "paused"):
        paused = experiment.paused
        why = "" if paused is None else f" Paused: {paused.reason}."
        yield (
            f"No controller runs the search; its last event was at {clock(experiment.last_at)}."
            f"{why} Go on with: {command('resume', record.place.name)}"
        )
    for tool, trouble in exporters.troubles(record.place, record.exporters).items():
        yield f"The exporter {tool} {trouble}."


def of_usage(record: Record) -> Iterator[str]:
    """What the trials used, and what its candidates would have needed alone."""
    yield from hours.notes(record.experiment.usage, record.training.compare())


def of_weights(record: Record, trials: Sequence[Trial]) -> Iterator[str]:
    """The size of the weights, and which are damaged. Without a size where the store is away.

    This reads the store. `trials`: all of them.
    """
    files = RealFiles()
    with contextlib.suppress(OSError):
        plain, stored = dedup.sizes(files, record.root, trials)
        once = (
            f"; as plain copies they would take {filesize.decimal(plain)}" if stored < plain else ""
        )
        gone = sum(trial.removed for trial in trials)
        removed = f" Those of {counted(gone, 'trial')} were removed." if gone else ""
        took = (
            f"The weights take {filesize.decimal(stored)}{once}."
            if plain
            else "There are no weights."
        )
        yield f"{took}{removed}"
    for trial in trials:
        if trial.damaged:
            words = dedup.damage_words(files, record.root, trials, trial)
            yield f"The weights of trial {trial.id} are damaged: {words}."

"""Writes the report of an experiment from its record."""

from __future__ import annotations

import contextlib
from pathlib import Path

from rich import filesize

from controller.errors import HeirloomError, reason
from controller.formats import clock, command, counted
from controller.state import exporters
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.store import dedup
from controller.views import hours
from controller.views.report import ReportData, lookahead, write
from heirloom.store.files import RealFiles


def draw(place: ExperimentDir, output: Path | None = None) -> Path:
    """Write the experiment's page, by default in its directory. Returns its path.

    Raises HeirloomError.
    """
    record = records.load(place, curves=True)
    experiment = record.experiment
    closed = experiment.closed
    notes = []
    if closed is not None:
        notes.append(f"The search ended: {closed.reason}.")
    if note := _resumable(record):
        notes.append(note)
    for tool, trouble in exporters.troubles(place, record.config.exporters).items():
        notes.append(f"The exporter {tool} {trouble}.")
    notes += hours.notes(experiment.usage, record.training.compare())
    notes += _about_weights(record)
    slots = experiment.rules.slots
    places = {node.name: node.slots // slots for node in experiment.placement.nodes.values()}
    data = ReportData(
        name=place.name,
        description=record.config.description,
        objectives=record.config.objectives,
        state=record.state,
        started_at=experiment.started_at or 0.0,
        ended_at=None if closed is None else closed.at,
        trials=experiment.trials,
        curves=record.curves,
        metrics=record.metric_curves,
        space=record.config.search_space,
        seconds=lookahead.told_apart(experiment.trials, places),
        notes=notes,
        last_at=None if record.is_running else experiment.last_at,
    )
    path = (output or place.report).absolute()
    try:
        write(data, path)
    except OSError as error:
        raise HeirloomError(f"{path} cannot be written: {reason(error)}") from None
    return path


def _resumable(record: records.Record) -> str:
    """Why nothing goes on in an experiment that has not ended, and how to go on with it."""
    if record.is_running or record.state not in ("interrupted", "paused"):
        return ""
    paused = record.experiment.paused
    why = "" if paused is None else f" Paused: {paused.reason}."
    resume = command("resume", record.place.name)
    return (
        f"No controller runs the search; its last event was at {clock(record.experiment.last_at)}."
        f"{why} Go on with: {resume}"
    )


def _about_weights(record: records.Record) -> list[str]:
    """The size of the weights, and which are damaged. Without a size where the store is away."""
    files, trials = RealFiles(), record.experiment.trials
    notes = []
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
        notes.append(f"{took}{removed}")
    for trial in trials:
        if trial.damaged:
            words = dedup.damage_words(files, record.root, trials, trial)
            notes.append(f"The weights of trial {trial.id} are damaged: {words}.")
    return notes

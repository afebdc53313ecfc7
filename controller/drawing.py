"""The report of an experiment, from its record."""

from __future__ import annotations

from pathlib import Path

from controller import record as records
from controller.errors import HeirloomError, reason
from controller.home import Place
from controller.report import ReportData, write


def draw(place: Place, output: Path | None = None) -> Path:
    """Write the experiment's page; returns where it is. Raises HeirloomError."""
    record = records.load(place, curves=True)
    experiment = record.experiment
    closed = experiment.closed
    notes = []
    if closed is not None:
        notes.append(f"The search ended: {closed.reason}.")
    data = ReportData(
        name=place.name,
        description=record.config.description,
        objective=record.config.objective,
        state=record.state,
        started_at=experiment.started_at or 0.0,
        ended_at=None if closed is None else closed.at,
        trials=experiment.trials,
        curves=record.curves,
        seconds={trial.id: trial.seconds for trial in experiment.trials},
        notes=notes,
    )
    path = (output or place.report).absolute()
    try:
        write(data, path)
    except OSError as error:
        raise HeirloomError(f"{path} cannot be written: {reason(error)}") from None
    return path

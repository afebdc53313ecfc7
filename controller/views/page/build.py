"""Writes the page of an experiment from its record."""

from __future__ import annotations

from pathlib import Path

from controller.errors import HeirloomError, reason
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.views.page import documents
from controller.views.page.html import write
from controller.views.page.source import Source


def draw(place: ExperimentDir, output: Path | None = None) -> Path:
    """Write the experiment's page, by default in its directory. Returns its path.

    Raises HeirloomError.
    """
    source = Source.of(records.load(place, curves=True))
    path = (output or place.report).absolute()
    try:
        write(dict(documents.embedded(source)), source, path)
    except OSError as error:
        raise HeirloomError(f"{path} cannot be written: {reason(error)}") from None
    return path

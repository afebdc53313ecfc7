"""Writes the page of an experiment from its record."""

from __future__ import annotations

from pathlib import Path

from controller.errors import HeirloomError, reason
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.views.page import documents
from controller.views.page.documents.analysis import importance
from controller.views.page.html import write
from controller.views.page.source import Source

_IMPORTANCE = 120.0  # seconds that the importance of params may take


def draw(
    place: ExperimentDir, output: Path | None = None, *, with_importance: bool = False
) -> Path:
    """Write the experiment's page, by default in its directory. Returns its path.

    with_importance: whether the importance of params is worked out, which takes seconds to minutes.

    Raises HeirloomError.
    """
    source = Source.of(records.load(place, curves=True))
    path = (output or place.report).absolute()
    found = dict(documents.embedded(source))
    if with_importance:
        found[documents.address(source, "importance")] = importance.document(source, _IMPORTANCE)
    try:
        write(found, source, path)
    except OSError as error:
        raise HeirloomError(f"{path} cannot be written: {reason(error)}") from None
    return path

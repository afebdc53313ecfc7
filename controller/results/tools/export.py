"""Export an experiment into another tool, once."""

from __future__ import annotations

from controller.errors import HeirloomError, reason
from controller.results.tools import registry
from controller.results.tools.source import Source
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir


def export(place: ExperimentDir, tool: str, path: str | None) -> str:
    """Write the trials of an experiment into a tool. Returns in words what was written.

    Raises HeirloomError.
    """
    exporter = registry.create(tool)
    source = Source(records.load(place, curves=True))
    try:
        return exporter.export(source, path)
    except OSError as error:
        where = path or error.filename or "."
        raise HeirloomError(f"--to {tool}: {where}: {reason(error)}") from None

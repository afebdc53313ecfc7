"""Exporters that follow a search, each in a process of its own: a search outlives their failure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from controller.core.experiment import Experiment
from controller.state.experiment_dir import ExperimentDir

if TYPE_CHECKING:
    from controller.results.live.observer import LiveExporters

REFUSED = 3  # exit code of a process that is not started again; its status says why

# Modules are imported when they are used: most searches have no exporters.


def check(tools: Iterable[str]) -> None:
    """Raise HeirloomError if one of the exporters does not exist, or lacks a package."""
    for tool in tools:
        from controller.results.tools import registry

        registry.check(tool, "exporters:")


def observers(
    tools: Iterable[str], place: ExperimentDir, say: Callable[[str], None]
) -> list[LiveExporters]:
    """The observer with the exporters, if there are any.

    `say` shows a line to the user.
    """
    found = list(tools)
    if not found:
        return []
    from controller.results.live.observer import LiveExporters

    return [LiveExporters(found, place=place, say=say)]


def finish(exporters: Sequence[LiveExporters], experiment: Experiment) -> None:
    """Wait a little for the last exports of a search that has ended."""
    for each in exporters:
        each.finish(experiment)

"""The learning curves, end to end along the line of one trial."""

from __future__ import annotations

from typing import Any

from controller.views.page.documents.analysis.steps import steps
from controller.views.page.figures.learning import learning
from controller.views.page.source import Source

_METRICS = 8  # with a picture of their own


def document(source: Source, of: int | None = None) -> dict[str, Any]:
    """The pictures of the values and of each metric, and the steps of a trial's line.

    of: the trial whose line is emphasized, by default the best one.
    """
    trial = source.best if of is None else source.by_id.get(of)
    line = [] if trial is None else source.line_of(trial)
    names: list[str | None] = [None, *list(source.metrics)[:_METRICS]]
    figures = [(name, learning(source, name, line)) for name in names]
    return {
        "of": None if trial is None else trial.id,
        "is_best": trial is not None and trial is source.best,
        "line": steps(source, line),
        "figures": [
            {"name": source.objective.name if name is None else name, "figure": figure}
            for name, figure in figures
            if figure is not None
        ],
        "more_metrics": max(0, len(source.metrics) - _METRICS),
    }

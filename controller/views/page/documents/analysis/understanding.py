"""How the params relate to the values: columns for several pictures, and the Pareto front."""

from __future__ import annotations

from typing import Any

from controller.core.model import State, Trial
from controller.views.page.documents.analysis.columns import Columns, columns
from controller.views.page.figures.pareto import pareto
from controller.views.page.figures.thinning import thinned
from controller.views.page.source import Source, finite

LIMIT = 5_000  # trials
_BEST = 1_000  # of them that are the best


def document(source: Source) -> dict[str, Any]:
    """The succeeded trials as columns, and the picture of the results by two objectives.

    `ids` has the trial of each row, `front` the rows of the Pareto front, which of one objective is
    the best trial's. `hidden` names the params without a column, each with the reason.
    """
    trials = valued(source)
    chosen = selected(source, LIMIT)
    found: Columns = columns(source, chosen)
    front = set(source.front.ids)
    return {
        "objective": source.objective.name,
        "best": None if source.best is None else source.best.id,
        "total": len(trials),
        "left_out": len(trials) - len(chosen),
        "ids": [trial.id for trial in chosen],
        "columns": [column.plain() for column in found.columns],
        "hidden": [{"name": name, "why": why} for name, why in found.left_out.items()],
        "front": [at for at, trial in enumerate(chosen) if trial.id in front],
        "pareto": pareto(source),
    }


def valued(source: Source) -> list[Trial]:
    """The trials with a result: the candidates that succeeded with a value."""
    return [
        trial
        for trial in source.by_id.values()
        if trial.state is State.SUCCEEDED and trial.candidate and finite(trial.value) is not None
    ]


def selected(source: Source, limit: int) -> list[Trial]:
    """At most `limit` of them: the Pareto front, the best, and evenly many of the others."""
    trials = valued(source)
    if len(trials) <= limit:
        return trials
    front = [source.by_id[number] for number in source.front.ids]
    best = source.objective.ranked(trials, lambda trial: trial.value or 0.0)
    return thinned(trials, limit, [*front, *best[: min(_BEST, limit // 4)]])

"""All experiments, a row each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from controller.core.model import State
from controller.state import record as records
from controller.views.page.figures.thin import thinned
from controller.views.page.source import Source, finite

_POINTS = 60  # of a sparkline


def row(source: Source) -> dict[str, Any]:
    """One experiment: state, best value, progress, and the best value so far by trials.

    `done` of `total` trials of the budget have ended; `total` is null where the budget does not
    count trials. `elapsed` is that of `last`, the time of the last event. `sparkline` has the
    number of trials at each improvement, and the value.
    """
    record, x = source.record, source.record.experiment
    best = None if x.best is None else x.trials[x.best]
    line = thinned(list(_improvements(source)), _POINTS)
    return {
        "name": source.name,
        "id": record.root.experiment,
        "state": source.state,
        "objective": str(source.objectives),
        "best": None if best is None else {"id": best.id, "value": best.value},
        "done": max(0, x.counted_trials - x.open_trials),
        "total": x.budget.trials,
        "counts": {str(state): x.counts[state] for state in State},
        "started": x.started_at,
        "ended": source.ended_at,
        "last": x.last_at,
        "elapsed": x.elapsed(x.last_at),
        "problem": None,
        "sparkline": {"trials": [at for at, _ in line], "values": [value for _, value in line]},
    }


def unreadable(name: str, problem: str) -> dict[str, Any]:
    """An experiment whose journal cannot be read."""
    return {"name": name, "state": "unreadable", "problem": problem, "sparkline": None}


def _improvements(source: Source) -> Iterator[tuple[int, float]]:
    """The trials, counted from 1, that were better than all before, the last one repeated."""
    best: float | None = None
    count = 0
    for trial in records.listed(source.trials):
        value = finite(trial.value)
        if trial.state is not State.SUCCEEDED or not trial.candidate or value is None:
            continue
        count = trial.id + 1
        if best is None or source.objective.is_better(value, best):
            best = value
            yield count, value
    if best is not None:
        yield count, best

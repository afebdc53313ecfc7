"""The table of trials, by columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from controller.core.model import State, Trial
from controller.views.page.source import Source, finite
from controller.views.trials.columns import Column, Columns

_ROWS = 20_000
_CELLS = 600_000  # of all columns together
_TEXT = 200  # characters of a cell, or items; one more tells that it is truncated
_OBJECTS = ("params", "result", "metrics")  # each of their names has a column of its own
_ABSENT = (*_OBJECTS, "weights", "proposed_at")


def document(source: Source) -> dict[str, Any]:
    """The columns of `heirloom trials`, and their values for each trial.

    `columns` has for each column its name, its kind (`built-in`, `values`, `params`, `result` or
    `metrics`) and `values`, in the order of the ids: numbers, text, true or false, lists of ids,
    or null. Longer text is truncated, and other JSON is text; `truncated` is the number of
    characters that are left of it, null if every cell is whole. `left_out` is the number of trials
    without a row: those that are neither among the latest nor among the best.
    """
    columns = Columns(source.record)
    found = [
        *(("built-in", column) for column in columns.built_in() if column.name not in _ABSENT),
        *((kind, column) for kind in ("values", *_OBJECTS) for column in columns.of(kind)),
    ]
    trials = _kept(source, min(_ROWS, max(1_000, _CELLS // len(found))))
    read = [_column(kind, column, trials) for kind, column in found]
    return {
        "columns": read,
        "truncated": _TEXT if any(map(_is_truncated, read)) else None,
        "objectives": {each.name: each.direction for each in source.objectives.objectives},
        "started_at": finite(source.started_at),
        "total": len(source.trials),
        "left_out": len(source.trials) - len(trials),
    }


def _column(kind: str, column: Column, trials: Sequence[Trial]) -> dict[str, Any]:
    values = [_plain(column.read(trial)) for trial in trials]
    return {"name": column.name, "kind": kind, "values": values}


def _is_truncated(column: dict[str, Any]) -> bool:
    return any(isinstance(cell, str | list) and len(cell) > _TEXT for cell in column["values"])


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, list) and all(type(item) is int for item in value):
        return value[: _TEXT + 1]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _TEXT else f"{text[:_TEXT]}…"


def _kept(source: Source, limit: int) -> list[Trial]:
    """The trials with a row. Half of the rows are for the best where not all trials have one."""
    trials = list(source.by_id.values())
    if len(trials) <= limit:
        return trials
    results = [trial for trial in trials if trial.state is State.SUCCEEDED and trial.candidate]
    ranked = source.objective.ranked(
        [trial for trial in results if finite(trial.value) is not None],
        lambda trial: trial.value or 0.0,
    )
    ids = {trial.id for trial in ranked[: limit // 2]}
    for trial in reversed(trials):
        if len(ids) >= limit:
            break
        ids.add(trial.id)
    return [trial for trial in trials if trial.id in ids]

"""The list of trials: some of them, in an order, as a table, as CSV or as JSON."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from operator import attrgetter
from typing import Any, Literal

from controller.core.model import State, Trial
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.reading.reader import Listed, without_collector
from controller.state.record import Record
from controller.views import output, tables
from controller.views.trials.columns import Column, Columns

Form = Literal["table", "json", "csv"]

_AS_PLAIN = frozenset({str, int, type(None)})  # types that the CSV writer writes as `plain` does


@dataclass(frozen=True)
class Selection:
    """Which trials, in which order, and what of them. The default is all of everything."""

    sort: str = ""  # a column; `-` before it turns the order round
    states: frozenset[State] = frozenset(State)
    columns: Sequence[str] = ()
    limit: int | None = None


def show(place: ExperimentDir, selection: Selection, form: Form) -> None:
    """Print the trials of an experiment, by default in the order of their ids.

    Raises HeirloomError, for an unknown column too.
    """
    with records.opened(place) as record, without_collector():
        _show(record, selection, form)


def _show(record: Record, selection: Selection, form: Form) -> None:
    columns = Columns(record)
    chosen = [columns.find(name) for name in _with_id(selection.columns)]
    trials = record.experiment.trials
    ids: Sequence[int] = range(len(trials))
    if selection.sort or selection.states != frozenset(State):
        listed = [one for one in records.listed(trials) if one.state in selection.states]
        ids = [one.id for one in listed]
        if selection.sort:
            ids = _sorted(record, columns, listed, selection.sort)
    shown = records.some(trials, ids[: selection.limit])
    if form == "json":
        output.print_json([_fields(record, chosen, trial) for trial in shown])
        return
    print_trials(chosen or (columns.all() if form == "csv" else columns.default()), shown, form)
    if form == "table" and len(shown) < len(ids) and output.is_terminal():
        output.console().print(f"[dim]{len(shown)} of {len(ids)} trials[/]")


def print_trials(columns: Sequence[Column], trials: Sequence[Trial], form: Form) -> None:
    """Print these columns of trials."""
    if form == "json":
        read = [{column.name: column.read(trial) for column in columns} for trial in trials]
        output.print_json(read)
    elif form == "csv":
        _print_csv(columns, trials)
    else:
        _print_table(columns, trials)


def _with_id(columns: Sequence[str]) -> list[str]:
    """The columns, each once, with the id as the first one unless it is among them."""
    named = list(dict.fromkeys(columns))
    return named if not named or "id" in named else ["id", *named]


def _sorted(record: Record, columns: Columns, listed: list[Listed], sort: str) -> list[int]:
    """The ids of the trials in the order of a column.

    By an objective the best comes first, else the smallest number or text. Trials without a value
    in that column come last in either order. By an objective, trials that are no candidates come
    after all candidates.
    """
    name, reverse = sort.removeprefix("-"), sort.startswith("-")
    trials: Sequence[Any] = listed
    read: Callable[[Any], Any] = attrgetter(name)
    if name not in ("id", "state", "value"):  # the trials themselves have it
        trials = records.some(record.experiment.trials, [one.id for one in listed])
        read = columns.find(name).read
    known = [trial for trial in trials if read(trial) is not None]
    without = [trial for trial in trials if read(trial) is None]
    objectives = record.experiment.rules.objectives
    directions = {each.name: each for each in objectives.objectives} | {"value": objectives.first}
    if name in directions:
        ranked = directions[name].ranked(known, read)
        ordered = ranked[::-1] if reverse else ranked
        found = sorted(ordered, key=lambda trial: not trial.candidate)
    else:
        found = sorted(known, key=lambda trial: _order(read(trial)), reverse=reverse)
    return [trial.id for trial in found + without]


def _order(value: Any) -> tuple[bool, float, str]:
    """Numbers by size, then everything else as text."""
    if isinstance(value, (int, float)):
        return False, value, ""
    return True, 0.0, value if isinstance(value, str) else json.dumps(value)


def _fields(record: Record, columns: Sequence[Column], trial: Trial) -> dict[str, Any]:
    if not columns:
        return records.row(record, trial)
    return {column.name: column.read(trial) for column in columns}


def _print_csv(columns: Sequence[Column], trials: Sequence[Trial]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(column.name for column in columns)
    reads = [column.read for column in columns]
    for trial in trials:
        row = [read(trial) for read in reads]
        writer.writerow(
            [
                # Written out: a function that is called for each field takes 6 % longer.
                one
                if (kind := type(one)) in _AS_PLAIN or (kind is float and isfinite(one))
                else plain(one)
                for one in row
            ]
        )


def plain(value: Any) -> str:
    """A value as a field of CSV: text as it is, a list of ids with blanks, anything else as JSON.

    Numbers have all their digits.
    """
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(type(item) is int for item in value):
        return " ".join(map(str, value))
    return json.dumps(value)


def _print_table(columns: Sequence[Column], trials: Sequence[Trial]) -> None:
    numbers = {
        column.name
        for column in columns
        if all(isinstance(column.read(trial), (int, float, type(None))) for trial in trials)
    }
    names = [column.name for column in columns]
    table = tables.new_table(*names, right=numbers)
    for trial in trials:
        table.add_row(*(column.cell(trial) for column in columns))
    console = output.console()
    if "params" not in names:  # which would be cut where the terminal is narrow: lines go on below
        console.width = max(console.width, output.width(console, table))
    output.print_table(console, table)

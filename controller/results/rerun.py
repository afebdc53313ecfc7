"""A candidate that was trained again from nothing, beside what it had with inherited weights."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape

from controller.core.model import State, Trial
from controller.formats import counted
from controller.results import latex
from controller.results.spread import Spread
from controller.results.tools.interface import results
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.views import output
from controller.views.tables import new_table

_SCRATCH = "from scratch"


@dataclass(frozen=True, slots=True)
class Row:
    """One number of a result: of the trial, and of its candidate from nothing."""

    name: str
    value: float | None  # None where the trial did not report it
    scratch: Spread | None  # None where no trial has succeeded


def rows(record: Record, trial: Trial, again: Record) -> list[Row]:
    """The values of the objectives, then the other numbers that a result has.

    `again` is the experiment that trained the candidate of `trial` from nothing.
    """
    own = results(records.row(record, trial))
    found = [
        results(records.row(again, each))
        for each in again.experiment.trials
        if each.state is State.SUCCEEDED
    ]
    names = dict.fromkeys([*own, *(name for each in found for name in each)])
    return [Row(name, own.get(name), _spread(name, found)) for name in names]


def _spread(name: str, found: Sequence[dict[str, float]]) -> Spread | None:
    values = [each[name] for each in found if name in each]
    return Spread.of(values) if values else None


def show(place: ExperimentDir, number: int, again: ExperimentDir, form: str) -> None:
    """Print the table as `csv`, as `latex` or as text. Raises HeirloomError."""
    record, repeated = records.load(place), records.load(again)
    trial = record.trial(number)
    found = rows(record, trial, repeated)
    restored = records.row(record, trial)["restored"]
    own = "inherited" if restored else f"trial {trial.id}"
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["quantity", own, "n", "mean", "std", "min", "max"])
        for row in found:
            facts = [0, "", "", "", ""] if row.scratch is None else row.scratch.facts().values()
            writer.writerow([row.name, row.value, *facts])
    elif form == "latex":
        cells = ([row.name, *_cells(row)[:2]] for row in found)
        sys.stdout.write(latex.table(["", own, _SCRATCH], cells))
    else:
        _print(record, trial, repeated, found, own)


def _cells(row: Row) -> list[str]:
    """The trial's value; mean and deviation from nothing, the range, and the number of seeds."""
    value = "" if row.value is None else f"{row.value:.5g}"
    if row.scratch is None:
        return [value, "", "", "", "0"]
    spread = row.scratch
    return [value, spread.text(), f"{spread.low:.5g}", f"{spread.high:.5g}", str(spread.count)]


def _print(record: Record, trial: Trial, again: Record, found: Sequence[Row], own: str) -> None:
    console = output.console()
    seeds = counted(len(again.experiment.trials), "seed")
    title = f"trial {trial.id} of {record.place.name}, and {again.place.name} with {seeds}"
    console.print(escape(title), soft_wrap=True)
    columns = ("", own, _SCRATCH, "min", "max", "n")
    table = new_table(*columns, right=columns[1:])
    for row in found:
        table.add_row(escape(row.name), *_cells(row))
    output.print_table(console, table)

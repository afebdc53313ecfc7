"""What trials reported by step: as small pictures in a table, or every report as CSV."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence

from rich.markup import escape

from controller.errors import HeirloomError
from controller.state import record as records
from controller.state import reports
from controller.state.experiment_dir import ExperimentDir
from controller.state.reading.curve import Points
from controller.state.record import Record
from controller.views import output, tables

_BLOCKS = "▁▂▃▄▅▆▇█"
_NARROW, _WIDE = 8, 40  # characters of a picture
_ROUNDING = 1e-12  # of a value: smaller differences are errors of the sums
_COLUMNS = ("trial", "of", "steps", "first", "last", "min", "max")
_NUMBERS = ("trial", "steps", "first", "last", "min", "max")
_FIELDS = ("trial", "attempt", "step", "value")


def show(place: ExperimentDir, trials: Sequence[int], metric: str | None) -> None:
    """Print a row for each curve: its ends, its range, and a picture with a scale of its own.

    Of one trial, the values and all metrics; of several, or of all for none, the values or one
    metric. Raises HeirloomError.
    """
    record = records.load(place, curves=True)
    chosen = sorted(_chosen(record, trials))
    found = [
        (trial, name, points)
        for name, curves in _curves(record, metric, all_metrics=len(trials) == 1).items()
        for trial in chosen
        if (points := curves.get(trial))
    ]
    console = output.console()
    if not found:
        of_trials = f", of trials {', '.join(map(str, chosen))}" if trials else ""
        console.print(f"{escape(place.name)}{of_trials}: no number was reported", soft_wrap=True)
        return
    rows = [[str(trial), escape(name), *_facts(points)] for trial, name, points in found]
    taken = sum(max(map(len, cells)) + 2 for cells in zip(_COLUMNS, *rows, strict=True))
    width = max(_NARROW, min(_WIDE, console.width - taken))
    table = tables.new_table(*_COLUMNS, "curve", right=_NUMBERS)
    for row, (_, _, points) in zip(rows, found, strict=True):
        table.add_row(*row, sparkline([value for _, value in points], width))
    output.print_table(console, table)


def print_csv(place: ExperimentDir, trials: Sequence[int], metric: str | None) -> None:
    """Print every report as CSV, in the order in which the controller read them.

    Raises HeirloomError.
    """
    record = records.load(place, curves=True)
    chosen = _chosen(record, trials)
    if metric is not None:
        _curves(record, metric, all_metrics=False)  # raises HeirloomError if there is none
    names = [
        name
        for name, curves in record.metric_curves.items()
        if metric in (None, _shown(name)) and not chosen.isdisjoint(curves)
    ]
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*_FIELDS, *map(_shown, names)])
    for report in reports.read(place):
        if report.trial in chosen:
            row = [report.value, *(report.metrics.get(name) for name in names)]
            writer.writerow([report.trial, report.attempt, report.step, *row])


def sparkline(values: Sequence[float], width: int) -> str:
    """At least one value as at most `width` blocks. Neighbours share a block where it must be."""
    size = -(-len(values) // width)
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    # Halves and shares, because the sum or the difference of two finite numbers may be infinite.
    halves = [sum(value / (2 * len(group)) for value in group) for group in groups]
    low, span = min(halves), max(halves) - min(halves)
    is_flat = span <= max(map(abs, halves)) * _ROUNDING
    shares = [0.0 if is_flat else (half - low) / span for half in halves]
    return "".join(_BLOCKS[round(share * (len(_BLOCKS) - 1))] for share in shares)


def _chosen(record: Record, trials: Sequence[int]) -> set[int]:
    """The trials, or all for none. Raises HeirloomError for one that does not exist."""
    return {record.trial(trial).id for trial in trials or range(len(record.experiment.trials))}


def _curves(
    record: Record, metric: str | None, *, all_metrics: bool
) -> Mapping[str, Mapping[int, Points]]:
    """The curves by name. Raises HeirloomError for an unknown metric."""
    values = {"value": record.curves}
    known = values | {_shown(name): curves for name, curves in record.metric_curves.items()}
    if metric is None:
        return known if all_metrics else values
    if metric not in known:
        listed = ", ".join(known)
        raise HeirloomError(
            f"no trial of {record.place.name} has reported {metric!r}: its curves are {listed}"
        )
    return {metric: known[metric]}


def _shown(name: str) -> str:
    """The name of a metric, told apart from what every report has."""
    return f"metrics.{name}" if name in _FIELDS else name


def _facts(points: Points) -> list[str]:
    steps = [step for step, _ in points]
    values = [value for _, value in points]
    shown = (values[0], values[-1], min(values), max(values))
    return [f"{min(steps)} to {max(steps)}", *(f"{value:.6g}" for value in shown)]

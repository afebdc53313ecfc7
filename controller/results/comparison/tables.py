"""The comparison as text, CSV, JSON and LaTeX."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from rich.markup import escape

from controller.errors import HeirloomError
from controller.formats import duration
from controller.results import latex
from controller.results.comparison.course import AXES, UNITS, Axis, checkpoints
from controller.results.comparison.groups import Group, groups_of
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.views import output
from controller.views.tables import new_table

Form = Literal["text", "csv", "json", "latex"]
_NAMED = 10  # trials named in a note
_COLUMNS = ("group", "axis", "cost", "n", "mean", "std", "min", "max")


def compare(places: Sequence[ExperimentDir], axes: Sequence[Axis], form: Form) -> None:
    """Print the best value so far of experiments against the axes. Raises HeirloomError."""
    groups = groups_of([records.load(place) for place in places])
    shared = _shared(groups, axes)
    _print_unmeasured(groups, shared)
    if form == "json":
        output.print_json([_facts(group, shared) for group in groups])
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(_COLUMNS)
        writer.writerows(_csv_rows(groups, shared))
    elif form == "latex":
        for axis in shared:
            sys.stdout.write(latex.table(*_cells(groups, axis)))
    else:
        _print_summary(groups)
        for axis in shared:
            output.console().print()
            _print_table(groups, axis)


def _shared(groups: Sequence[Group], axes: Sequence[Axis]) -> list[Axis]:
    """The axes that all groups have; that of GPU hours only if a GPU was used.

    Raises HeirloomError if none of the axes is left.
    """
    found = [axis for axis in axes if all(axis in group.axes for group in groups)]
    totals = (total for group in groups if (total := group.total("gpu")) is not None)
    if "gpu" in found and not any(total.high for total in totals):
        found.remove("gpu")
    if not found:
        what = " and ".join(UNITS[axis] for axis in axes)
        raise HeirloomError(
            f"not all of these searches have {what}: their trials had none, or they were not "
            "measured: compare with --against time"
        )
    return found


def _print_unmeasured(groups: Sequence[Group], axes: Sequence[Axis]) -> None:
    """Name on standard error the trials whose attempts are missing in the costs."""
    for group in groups:
        for name, by_axis in group.unmeasured.items():
            for axis in axes:
                if trials := by_axis.get(axis):
                    listed = ", ".join(map(str, trials[:_NAMED]))
                    more = f" and {len(trials) - _NAMED} more" if len(trials) > _NAMED else ""
                    text = (
                        f"note: {UNITS[axis]} of {name}: attempts that were not measured count as "
                        f"0, of trials {listed}{more}"
                    )
                    output.error_console().print(escape(text), soft_wrap=True)


def _csv_rows(groups: Sequence[Group], axes: Sequence[Axis]) -> Iterator[list[Any]]:
    for group in groups:
        for axis in axes:
            for point in _points(group, axis):
                yield [group.label, axis, *point.values()]


def _points(group: Group, axis: Axis) -> Iterator[dict[str, Any]]:
    """The best value at each cost at which a trial ended."""
    for cost in group.costs(axis):
        found = group.at(axis, cost)
        if found is not None:
            yield {"cost": cost, **found.facts()}


def _facts(group: Group, axes: Sequence[Axis]) -> dict[str, Any]:
    final = group.final()
    totals = {axis: group.total(axis) for axis in axes}
    return {
        "group": group.label,
        "experiments": group.names,
        "best": None if final is None else final.facts(),
        "unmeasured": group.unmeasured,
        "training": {name: spread.facts() for name, spread in group.training().items()},
        "costs": {axis: None if t is None else t.facts() for axis, t in totals.items()},
        "curves": {axis: list(_points(group, axis)) for axis in axes},
    }


def _cells(groups: Sequence[Group], axis: Axis) -> tuple[list[str], list[list[str]]]:
    """The columns and rows of a table: a few costs, and each group's best values there."""
    costs = [cost for group in groups for cost in group.costs(axis)]
    rows = []
    for cost in checkpoints(costs, axis):
        found = (group.at(axis, cost) for group in groups)
        rows.append([shown(axis, cost), *("" if each is None else each.text() for each in found)])
    return [UNITS[axis] if axis != "time" else "time", *(group.label for group in groups)], rows


def shown(axis: Axis, cost: float) -> str:
    """A cost as people read it."""
    if axis == "trials":
        return f"{cost:.0f}"
    return duration(cost) if axis == "time" else f"{cost:.3g}"


def _print_table(groups: Sequence[Group], axis: Axis) -> None:
    columns, rows = _cells(groups, axis)
    table = new_table(*columns, right=columns)
    for row in rows:
        table.add_row(*map(escape, row))
    output.print_table(output.console(), table)


def _print_summary(groups: Sequence[Group]) -> None:
    shared = _shared(groups, AXES)
    axes = [axis for axis in AXES if axis != "gpu" or axis in shared]
    columns = ("experiments", "best", *(UNITS[axis] if axis != "time" else axis for axis in axes))
    table = new_table(*columns, right=columns[1:])
    for group in groups:
        final = group.final()
        totals = [(axis, group.total(axis)) for axis in axes]
        cells = ("" if total is None else shown(axis, total.mean) for axis, total in totals)
        names = ", ".join(group.names)
        table.add_row(escape(names), "" if final is None else final.text(), *cells)
    output.print_table(output.console(), table)

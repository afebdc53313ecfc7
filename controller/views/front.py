"""The Pareto front of a search with several objectives, as a table."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.core.experiment import Experiment
from controller.core.model import Trial
from controller.formats import counted
from controller.views import output

_ROWS = 30  # trials shown


def show(console: Console, experiment: Experiment) -> None:
    """Print the front, in the order of the first objective. Nothing with one objective.

    Trials of equal values share a row, which names the first and how many more there are. While
    every result is out of bounds, these are the trials that are the least.
    """
    objectives, front = experiment.rules.objectives, experiment.front
    if objectives.is_single or not front.ids:
        return
    title = "Pareto front" if front.is_feasible else "every result is out of bounds; the nearest"
    count = counted(len(front.ids), "trial")
    console.print(f"\n{title}: {count}, {escape(str(objectives))}", soft_wrap=True)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("trial", no_wrap=True)
    for name in objectives.names:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("params", overflow="ellipsis", no_wrap=output.is_terminal())
    trials = [experiment.trials[number] for number in front.ids]
    groups: dict[tuple[float, ...], list[Trial]] = {}
    for trial in objectives.first.ranked(trials, lambda trial: trial.value or 0.0):
        values = objectives.values(trial.value, trial.values)
        groups.setdefault(tuple(values[name] for name in objectives.names), []).append(trial)
    for found, equal in list(groups.items())[:_ROWS]:
        more = f" (+{len(equal) - 1})" if len(equal) > 1 else ""
        cells = (f"{value:.6g}" for value in found)
        table.add_row(f"{equal[0].id}{more}", *cells, escape(json.dumps(equal[0].params)))
    output.print_table(console, table)
    if len(groups) > _ROWS:
        left = sum(len(equal) for equal in list(groups.values())[_ROWS:])
        console.print(f"[dim]and {counted(left, 'trial')} more[/]")

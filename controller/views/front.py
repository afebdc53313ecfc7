"""The Pareto front of a search with several objectives, as a table."""

from __future__ import annotations

import json

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.core.experiment import Experiment
from controller.formats import counted
from controller.views import output

_ROWS = 30  # trials shown


def show(console: Console, experiment: Experiment) -> None:
    """Print the front, in the order of the first objective. Nothing with one objective.

    While every result is out of bounds, these are the trials that are the least.
    """
    objectives, front = experiment.rules.objectives, experiment.front
    if objectives.is_single or not front.ids:
        return
    title = "Pareto front" if front.is_feasible else "every result is out of bounds; the nearest"
    console.print(f"\n{title}: {counted(len(front.ids), 'trial')}, {escape(str(objectives))}")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("trial", *objectives.names):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("params", overflow="ellipsis", no_wrap=output.is_terminal())
    trials = [experiment.trials[number] for number in front.ids]
    ordered = objectives.first.ranked(trials, lambda trial: trial.value or 0.0)
    for trial in ordered[:_ROWS]:
        values = objectives.values(trial.value, trial.values)
        cells = (f"{values[name]:.6g}" for name in objectives.names)
        table.add_row(str(trial.id), *cells, escape(json.dumps(trial.params)))
    output.print_table(console, table)
    if len(ordered) > _ROWS:
        console.print(f"[dim]and {counted(len(ordered) - _ROWS, 'trial')} more[/]")

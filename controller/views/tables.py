"""Experiments as a table or as JSON."""

from __future__ import annotations

import json as jsons
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.core.model import State, Trial
from controller.errors import HeirloomError
from controller.formats import clock, command, duration, limits
from controller.state import exporters
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.views import front, hours, output
from controller.views.costs import spread
from controller.views.screen import waits
from controller.views.text import COLOURS, shortage

_NUMBERS = ("id", "value", "attempts", "time", "trials", "succeeded", "failed")


def status(places: Sequence[ExperimentDir], *, detail: bool, json: bool) -> None:
    """Print a row for each experiment, and with `detail` more about the only one.

    With `detail`, raises HeirloomError where the experiment cannot be read.
    """
    if detail:
        [place] = places
        with records.opened(place) as record:
            _print_status([_facts(record)], {}, json=json)
            if not json:
                _detail(output.console(), record)
        return
    found: list[dict[str, Any]] = []
    broken: dict[str, HeirloomError] = {}
    for place in places:
        try:
            with records.opened(place) as record:  # one at a time: each takes file descriptors
                found.append(_facts(record))
        except HeirloomError as error:
            broken[place.name] = error
    _print_status(found, broken, json=json)


def _print_status(
    found: Sequence[Mapping[str, Any]], broken: Mapping[str, HeirloomError], *, json: bool
) -> None:
    if json:
        output.print_json(found)
        return
    console = output.console()
    if not found and not broken:
        console.print(f"no experiments yet: start one with `{command('run', 'FILE')}`")
        return
    table = new_table("experiment", "state", "trials", "succeeded", "failed", "best", "time")
    for facts in found:
        counts = facts["counts"]
        best = "" if facts["best"] is None else f"{facts['value']:.6g} (trial {facts['best']})"
        table.add_row(
            escape(facts["name"]),
            facts["state"],
            str(facts["trials"]),
            str(counts["succeeded"]),
            str(counts["failed"]),
            best,
            duration(facts["seconds"]),
        )
    for name in broken:
        table.add_row(escape(name), "[red]unreadable[/]", "", "", "", "", "")
    output.print_table(console, table)
    for problem in broken.values():
        console.print(f"[red]{escape(str(problem))}[/]", soft_wrap=True)


def _detail(console: Console, record: Record) -> None:
    grid = Table.grid(padding=(0, 2))
    for name, text in (*_progress(record), *_condition(record)):
        grid.add_row(escape(name), text)
    output.print_table(console, grid)
    front.show(console, record.experiment)
    if note := resumable(record):
        console.print(escape(note), soft_wrap=True)


def _progress(record: Record) -> Iterator[tuple[str, str]]:
    """Names, and what the search has done as Rich markup."""
    experiment = record.experiment
    if record.is_running:
        yield "controller", escape(record.holder)
    counts = "  ".join(
        f"{experiment.counts[state]} {coloured(state)}"
        for state in State
        if experiment.counts[state]
    )
    yield "trials", counts or "none yet"
    if experiment.imports is not None:
        count = f"{experiment.imported} of {len(experiment.imports.trials)}"
        yield "imported", f"{count} trials of {escape(experiment.imports.experiment)}"
    if (model := record.model) is not None:
        costs = None if experiment.created is None else experiment.created.costs
        yield "model", escape(" ".join([model, *spread(costs)]))
    yield "budget", _budget(record)
    yield from hours.rows(experiment.usage)


def _condition(record: Record) -> Iterator[tuple[str, str]]:
    """Names, and how the search stands as Rich markup."""
    experiment = record.experiment
    thinking = waits.seconds_thinking(experiment, time.time())
    if record.is_running and (found := waits.of_search(experiment, thinking)):
        yield "waits for", escape(", ".join(found))
    if record.state == "paused" and experiment.paused is not None:
        yield "paused", f"[red]{escape(experiment.paused.reason)}[/]"
    if record.state == "interrupted":
        yield "last event", clock(experiment.last_at)
    if experiment.closed is not None:
        yield "ended", escape(experiment.closed.reason)
    elif experiment.search_over is not None:
        yield "no further trials", escape(experiment.search_over.reason)
    if experiment.best is not None:
        yield "best params", escape(jsons.dumps(experiment.trials[experiment.best].params))
    if experiment.short is not None and record.is_running:
        yield "waits for room", escape(shortage(experiment.short))
    for node, reason in experiment.placement.down.items():
        what = "is set aside" if node in experiment.set_aside else "does not answer"
        yield f"node {node}", f"[red]{what}[/]: {escape(reason)}"
    for tool, trouble in exporters.troubles(record.place, record.exporters).items():
        yield f"exporter {tool}", f"[red]{escape(trouble)}[/]"
    yield "store", escape(str(record.root.path))
    if record.place.report.exists():
        yield "report", escape(str(record.place.report))


def _budget(record: Record) -> str:
    """The budget in force, and what it was if it was extended."""
    first, now = record.experiment.rules, record.experiment.budget
    text = limits(now.trials, now.duration)
    if (now.trials, now.duration) == (first.trials, first.duration):
        return text
    return f"{text}, extended from {limits(first.trials, first.duration)}"


def resumable(record: Record) -> str:
    """What to type for an experiment that no controller runs and that has not ended."""
    resume = command("resume", record.place.name)
    if record.state not in ("paused", "interrupted"):
        return ""
    if record.is_running:
        return f"its controller waits for running trials or for an answer; afterwards: {resume}"
    return f"no controller runs it: {resume}"


def _facts(record: Record) -> dict[str, Any]:
    experiment = record.experiment
    best = None if experiment.best is None else experiment.trials[experiment.best]
    values = experiment.rules.objectives.values
    return {
        "name": record.place.name,
        "state": record.state,
        "trials": len(experiment.trials),
        "counts": {str(state): experiment.counts[state] for state in State},
        "best": None if best is None else best.id,
        "value": None if best is None else best.value,
        "values": {} if best is None else dict(values(best.value, best.values)),
        "front": experiment.front.ids,
        "started_at": experiment.started_at,
        "ended_at": None if experiment.closed is None else experiment.closed.at,
        "budget": {
            "trials": experiment.budget.trials,
            "seconds": experiment.budget.duration,
            "used": experiment.counted_trials,
        },
        "seconds": experiment.elapsed(now(record)),
        "usage": hours.facts(experiment.usage),
        "store": str(record.root.path),
        "model": record.model,
        "costs": None if experiment.created is None else experiment.created.costs,
        "exporters": {
            tool: {"trouble": exporters.trouble(record.place, tool) or None}
            for tool in record.exporters
        },
    }


def seconds(trial: Trial, now: float) -> float | None:
    """For how long the trial has run, or ran, since its latest start; None before that."""
    if trial.started_at is None:
        return None
    return max(0.0, (trial.ended_at or now) - trial.started_at)


def now(record: Record) -> float:
    """The time up to which the journal tells what happened."""
    return time.time() if record.is_running else record.experiment.last_at


def coloured(state: State) -> str:
    """The state as Rich markup."""
    return f"[{COLOURS[state]}]{state}[/]"


def new_table(*columns: str, right: Collection[str] = _NUMBERS) -> Table:
    """A table without rows. `right`: the columns whose cells are numbers.

    On a terminal, params take the width that the other columns leave, and are truncated.
    """
    cut = "params" in columns and output.is_terminal()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", expand=cut)
    for column in columns:
        table.add_column(
            escape(column),
            justify="right" if column in right else "left",
            no_wrap=True,
            overflow="ellipsis",  # so that a number that was cut does not look like another one
            ratio=1 if column == "params" and cut else None,
        )
    return table

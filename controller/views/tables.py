"""Experiments as a table or as JSON, and everything about one trial."""

from __future__ import annotations

import json as jsons
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from rich import filesize
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from controller.core.model import State, Trial, attempt_name
from controller.errors import HeirloomError
from controller.formats import clock, command, duration, limits
from controller.state import exporters
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.store import dedup
from controller.views import front, output
from controller.views.costs import spread
from controller.views.results import inherited
from controller.views.screen import waits
from controller.views.text import COLOURS, shortage
from heirloom.store.files import RealFiles

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
            escape(facts["name"]), facts["state"], str(facts["trials"]),
            str(counts["succeeded"]), str(counts["failed"]), best, duration(facts["seconds"]),
        )  # fmt: skip
    for name in broken:
        table.add_row(escape(name), "[red]unreadable[/]", "", "", "", "", "")
    output.print_table(console, table)
    for problem in broken.values():
        console.print(f"[red]{escape(str(problem))}[/]", soft_wrap=True)


def show(place: ExperimentDir, number: int) -> None:
    """Print everything about one trial. Raises HeirloomError."""
    with records.opened(place) as record:
        _show(record, record.trial(number))


def _show(record: Record, trial: Trial) -> None:
    console = output.console()
    reason = records.why(record, trial)
    line = f"trial {trial.id} of {escape(record.place.name)}: {coloured(trial.state)}"
    console.print(line + (f", {escape(reason)}" if reason else ""))
    grid = Table.grid(padding=(0, 2))
    for name, value in record.experiment.rules.objectives.values(trial.value, trial.values).items():
        grid.add_row(escape(name), f"{value:.6g}")
    if trial.id in record.experiment.front and not record.experiment.rules.objectives.is_single:
        grid.add_row("front", "yes")
    if not trial.candidate:
        grid.add_row("candidate", "no: its value counts for no best")
    grid.add_row("params", escape(jsons.dumps(trial.params)))
    grid.add_row("parents", _parents(record, trial))
    if trial.retry_of is not None:
        grid.add_row("retry of", str(trial.retry_of))
    for attempt in trial.attempts:
        ended = f": {escape(attempt.reason)}" if attempt.reason else ""
        state = attempt.outcome or attempt.state
        source = records.continued(trial, attempt)
        continues = f", continues {source['attempt']} from step {source['step']}" if source else ""
        grid.add_row(
            f"attempt {attempt_name(trial.id, attempt.number)}",
            f"{state} on {escape(attempt.node)}{continues}{ended}",
        )
    for part, amount in _usage(trial):
        grid.add_row(part, amount)
    if trial.attempts and trial.attempts[-1].metrics:
        grid.add_row("metrics", escape(jsons.dumps(trial.attempts[-1].metrics)))
    share, rest = inherited(trial.result)
    if share:
        grid.add_row("inherited", escape(share))
    if rest is not None:
        grid.add_row("result", escape(jsons.dumps(rest)))
    if records.has_weights(trial):
        grid.add_row("weights", escape(str(record.root.weights(trial.id))))
    elif trial.removed:
        grid.add_row("weights", "removed")
    if trial.damaged:
        trials = record.experiment.trials
        words = dedup.damage_words(RealFiles(), record.root, trials, trial)
        grid.add_row("damaged", f"[red]{escape(words)}[/]")
    output.print_table(console, grid)
    if not trial.state.is_verdict and (note := _resumable(record)):
        console.print(escape(note), soft_wrap=True)


def _usage(trial: Trial) -> Iterator[tuple[str, str]]:
    """What the trial took: seconds by phase, processor time and memory."""
    for part, seconds in trial.seconds.items():
        yield part, f"{seconds:.3f} s"
    if trial.cpu_seconds is not None:
        yield "processors", f"{trial.cpu_seconds:.3f} s, in all attempts"
    if trial.peak_memory is not None:
        yield "memory", f"{filesize.decimal(trial.peak_memory)} at most, in one process"


def _detail(console: Console, record: Record) -> None:
    experiment = record.experiment
    grid = Table.grid(padding=(0, 2))
    if record.is_running:
        grid.add_row("controller", escape(record.holder))
    counts = "  ".join(
        f"{experiment.counts[state]} {coloured(state)}"
        for state in State
        if experiment.counts[state]
    )
    grid.add_row("trials", counts or "none yet")
    if experiment.imports is not None:
        count = f"{experiment.imported} of {len(experiment.imports.trials)}"
        grid.add_row("imported", f"{count} trials of {escape(experiment.imports.experiment)}")
    if (model := record.model) is not None:
        costs = None if experiment.created is None else experiment.created.costs
        grid.add_row("model", escape(" ".join([model, *spread(costs)])))
    grid.add_row("budget", _budget(record))
    thinking = waits.seconds_thinking(experiment, time.time())
    if record.is_running and (found := waits.of_search(experiment, thinking)):
        grid.add_row("waits for", escape(", ".join(found)))
    if record.state == "paused" and experiment.paused is not None:
        grid.add_row("paused", f"[red]{escape(experiment.paused.reason)}[/]")
    if record.state == "interrupted":
        grid.add_row("last event", clock(experiment.last_at))
    if experiment.closed is not None:
        grid.add_row("ended", escape(experiment.closed.reason))
    elif experiment.search_over is not None:
        grid.add_row("no further trials", escape(experiment.search_over.reason))
    if experiment.best is not None:
        best = experiment.trials[experiment.best]
        grid.add_row("best params", escape(jsons.dumps(best.params)))
    if experiment.short is not None and record.is_running:
        grid.add_row("waits for room", escape(shortage(experiment.short)))
    for node, reason in experiment.placement.down.items():
        what = "is set aside" if node in experiment.set_aside else "does not answer"
        grid.add_row(f"node {escape(node)}", f"[red]{what}[/]: {escape(reason)}")
    for tool, trouble in exporters.troubles(record.place, record.config.exporters).items():
        grid.add_row(f"exporter {escape(tool)}", f"[red]{escape(trouble)}[/]")
    grid.add_row("store", escape(str(record.root.path)))
    if record.place.report.exists():
        grid.add_row("report", escape(str(record.place.report)))
    output.print_table(console, grid)
    front.show(console, experiment)
    if note := _resumable(record):
        console.print(escape(note), soft_wrap=True)


def _budget(record: Record) -> str:
    """The budget in force, and what it was if it was extended."""
    first, now = record.experiment.rules, record.experiment.budget
    text = limits(now.trials, now.duration)
    if (now.trials, now.duration) == (first.trials, first.duration):
        return text
    return f"{text}, extended from {limits(first.trials, first.duration)}"


def _resumable(record: Record) -> str:
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
        "store": str(record.root.path),
        "model": record.model,
        "costs": None if experiment.created is None else experiment.created.costs,
        "exporters": {
            tool: {"trouble": exporters.trouble(record.place, tool) or None}
            for tool in record.config.exporters
        },
    }


def _parents(record: Record, trial: Trial) -> str:
    if trial.origin is not None:
        return f"none: it was imported from {escape(trial.origin.root)}"
    if trial.distance is not None and trial.restore:
        return (
            f"none named; it starts from {trial.restore[0]}, at a distance of {trial.distance:.3g}"
        )
    if not trial.parents:
        return "none: it starts from nothing"
    states = [f"{p} ({record.experiment.trials[p].state})" for p in trial.parents]
    text = ", ".join(states)
    if trial.restore != trial.parents:
        text += f"; starts from {', '.join(map(str, trial.restore)) or 'nothing'} instead"
    return text


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

"""Everything about one trial."""

from __future__ import annotations

import json as jsons
from collections.abc import Iterator

from rich import filesize
from rich.markup import escape
from rich.table import Table

from controller.core.model import Trial, attempt_name
from controller.core.usage.amounts import usage_of
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.store import dedup
from controller.views import hours, output, tables
from controller.views.results import inherited
from heirloom.store.files import RealFiles


def show(place: ExperimentDir, number: int, *, json: bool = False) -> None:
    """Print everything about one trial. Raises HeirloomError."""
    with records.opened(place) as record:
        trial = record.trial(number)
        if json:
            line = list(record.training.inherited(number).line)
            output.print_json({**records.row(record, trial), "line": line})
        else:
            _show(record, trial)


def _show(record: Record, trial: Trial) -> None:
    console = output.console()
    reason = records.why(record, trial)
    line = f"trial {trial.id} of {escape(record.place.name)}: {tables.coloured(trial.state)}"
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
    for part, amount in _usage(record, trial):
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
    if not trial.state.is_verdict and (note := tables.resumable(record)):
        console.print(escape(note), soft_wrap=True)


def _usage(record: Record, trial: Trial) -> Iterator[tuple[str, str]]:
    """What the trial took: seconds by phase, processor time, GPU time, memory and training."""
    for part, seconds in trial.seconds.items():
        yield part, f"{seconds:.3f} s"
    if trial.cpu_seconds is not None:
        yield "processors", f"{trial.cpu_seconds:.3f} s, in all attempts"
    usage = usage_of(trial)
    if usage.total.gpu_seconds > 0:
        yield "GPUs", f"{usage.total.gpu_seconds:.3f} s, in all attempts"
    if usage.lost.seconds > 0:
        yield "lost", f"{usage.lost.seconds:.3f} s, in attempts that committed nothing"
    if trial.peak_memory is not None:
        yield "memory", f"{filesize.decimal(trial.peak_memory)} at most, in one process"
    if text := hours.inherited(record.training.inherited(trial.id)):
        yield "ancestors", text


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

"""Two trials compared: their relation, their params, results, and what they inherited."""

from __future__ import annotations

import json as jsons
from collections.abc import Callable, Mapping
from typing import Any

from rich.markup import escape

from controller.core.experiment import Experiment
from controller.core.model import Trial
from controller.errors import HeirloomError
from controller.formats import counted, duration
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.record import Record
from controller.views import output, tables
from controller.views.results import inherited, named
from controller.views.trials.columns import latest_metrics, show
from controller.views.values import flat

Pair = tuple[Trial, Trial]
_ABSENT = "[dim]absent[/]"


def diff(place: ExperimentDir, first: int, second: int, *, json: bool) -> None:
    """Print what differs between two trials. Raises HeirloomError."""
    if first == second:
        raise HeirloomError(f"both are trial {first}: give the ids of two trials")
    with records.opened(place) as record:
        _diff(record, first, second, json=json)


def _diff(record: Record, first: int, second: int, *, json: bool) -> None:
    pair = record.trial(first), record.trial(second)
    words = relation(record.experiment, *pair)
    params = [dict(flat(trial.params)) for trial in pair]
    numbers = [latest_metrics(trial) | named(trial.result) for trial in pair]
    if json:
        output.print_json(
            {
                "trials": [_facts(trial) for trial in pair],
                "relation": words,
                "params": _differing(pair, params),
                "result": _differing(pair, numbers),
            }
        )
        return
    console = output.console()
    console.print(f"{escape(record.place.name)}: {words}", soft_wrap=True)
    table = tables.new_table("", f"trial {first}", f"trial {second}", right=())
    for column in table.columns:
        column.no_wrap, column.overflow = False, "fold"
    now = tables.now(record)

    def row(what: str, read: Callable[[Trial], str]) -> None:
        table.add_row(what, *map(read, pair))

    row("state", lambda trial: tables.coloured(trial.state))
    table.add_row("value", *(_text(trial.value) for trial in pair))
    table.add_row("", "", _difference(record.experiment, *pair))
    row("time", lambda trial: _duration(tables.seconds(trial, now)))
    row("starts from", lambda trial: ", ".join(map(str, trial.restore)) or "nothing")
    if any(inherited(trial.result)[0] for trial in pair):
        row("inherited", lambda trial: escape(inherited(trial.result)[0]))
    for kind, both in (("params", params), ("result", numbers)):
        differing = _differing(pair, both)
        for name, held in differing.items():
            cells = (_text(held[str(t.id)]) if str(t.id) in held else _ABSENT for t in pair)
            table.add_row(f"{kind}.{escape(name)}", *cells)
    output.print_table(console, table)
    equal = len(params[0].keys() | params[1].keys()) - len(_differing(pair, params))
    if equal:
        console.print(f"[dim]equal: {counted(equal, 'param')}[/]")


def relation(experiment: Experiment, first: Trial, second: Trial) -> str:
    """How the weights of two trials are related, in words."""
    older, younger = sorted((first, second), key=lambda trial: trial.id)
    if younger.retry_of == older.id:
        return f"trial {younger.id} repeats trial {older.id}"
    of_older, of_younger = _ancestors(experiment, older), _ancestors(experiment, younger)
    if older.id in of_younger:
        between = of_younger[older.id]
        if between == 1:
            return f"trial {younger.id} starts from trial {older.id}"
        return f"trial {younger.id} descends from trial {older.id} in {between} generations"
    common = of_older.keys() & of_younger.keys()
    if not common:
        return f"trials {older.id} and {younger.id} have no ancestor in common"
    nearest = min(common, key=lambda trial: (of_older[trial] + of_younger[trial], -trial))
    return f"trials {older.id} and {younger.id} both descend from trial {nearest}"


def _ancestors(experiment: Experiment, trial: Trial) -> dict[int, int]:
    """The trials whose weights went into a trial's, each with the number of generations."""
    found: dict[int, int] = {}
    generation = [trial]
    distance = 0
    while generation:
        distance += 1
        parents = dict.fromkeys(parent for one in generation for parent in one.restore)
        new = [parent for parent in parents if parent not in found]
        found |= dict.fromkeys(new, distance)
        generation = [experiment.trials[parent] for parent in new]
    return found


def _differing(pair: Pair, both: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """By name, what each trial has, where that differs. A trial that has none is left out."""
    names = dict.fromkeys(name for held in both for name in held)
    ids = [str(trial.id) for trial in pair]
    found = {
        name: {key: held[name] for key, held in zip(ids, both, strict=True) if name in held}
        for name in names
    }
    return {
        name: held
        for name, held in found.items()
        if len(held) < 2 or jsons.dumps(held[ids[0]]) != jsons.dumps(held[ids[1]])
    }


def _facts(trial: Trial) -> dict[str, Any]:
    result = trial.result if isinstance(trial.result, Mapping) else {}
    return {
        "id": trial.id,
        "state": str(trial.state),
        "value": trial.value,
        "restored": list(trial.restore),
        "inherited": result.get("inherited"),
    }


def _difference(experiment: Experiment, first: Trial, second: Trial) -> str:
    """By how much the second value is better or worse."""
    if first.value is None or second.value is None or first.value == second.value:
        return ""
    is_better = experiment.rules.objectives.first.is_better(second.value, first.value)
    word = "[green]better[/]" if is_better else "[red]worse[/]"
    return f"{second.value - first.value:+.6g}, {word}"


def _text(value: Any) -> str:
    return "" if value is None else show(value)


def _duration(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)

"""An experiment in a few facts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from controller.core.experiment import Experiment
from controller.core.model import State, Trial
from controller.engine.observer import Situation
from controller.errors import HeirloomError
from controller.formats import command, limits
from controller.state.record import Record
from controller.views import text
from controller.views.page import notes
from controller.views.page.source import Source
from controller.views.screen import waits
from heirloom.store.files import RealFiles


def fetch(source: Source, _: object) -> Callable[[], int]:
    """The free bytes of the store."""
    path = str(source.record.root.path)
    return lambda: RealFiles().room(path)


def document(source: Source, free: Any, *, read_only: bool = False) -> dict[str, Any]:
    """State, best, budget, and what keeps the search from going on, in words.

    `free`: what `fetch` found. `read_only`: nobody may send requests. `actions` are the requests
    that the state allows, and `commands` what to type for them. `elapsed` counts while a controller
    runs the search, and is that of `at`.
    """
    record, x = source.record, source.record.experiment
    now = now_of(record)
    return {
        "name": source.name,
        "id": record.root.experiment,
        "description": source.description,
        "state": source.state,
        "counts": {str(state): x.counts[state] for state in State},
        "trials": len(x.trials),
        "objective": str(source.objectives),
        "objectives": [
            {"name": each.name, "direction": each.direction}
            for each in source.objectives.objectives
        ],
        "best": None if x.best is None else _best(source, x.trials[x.best]),
        "front": [] if source.objectives.is_single else x.front.ids,
        "budget": _budget(x, now),
        "at": now,
        "started_at": x.started_at,
        "ended_at": source.ended_at,
        "last_at": x.last_at,
        "elapsed": x.elapsed(now),
        "left": None if x.search_over else text.time_left(x, now),
        "waits": waits_of(record, now),
        "troubles": [*_troubles(record, now), *_unread(free)],
        "notes": list(_notes(record)),
        "paused": None if x.paused is None else x.paused.reason,
        "store": {
            "path": str(record.root.path),
            "free": None if isinstance(free, HeirloomError) else free,
            "needed": x.needed,
        },
        "controller": record.holder if record.is_running else None,
        "model": record.config.model,
        "costs": None if x.created is None else x.created.costs,
        "actions": [] if read_only else _actions(record),
        "commands": _commands(source.name),
    }


def now_of(record: Record) -> float:
    """The time up to which the journal tells what happened."""
    return time.time() if record.is_running else record.experiment.last_at


def waits_of(record: Record, now: float) -> list[str]:
    """What the search waits for. Empty where no controller runs it."""
    x = record.experiment
    return waits.of_search(x, waits.seconds_thinking(x, now)) if record.is_running else []


def _best(source: Source, trial: Trial) -> dict[str, Any]:
    front = source.record.experiment.front
    is_single, count = source.objectives.is_single, len(front.ids)
    notes = [] if is_single else [f"the first of {count} on the front"]
    notes += [] if front.is_feasible else ["out of bounds"]
    return {
        "id": trial.id,
        "value": trial.value,
        "values": dict(source.values(trial)),
        "shown": source.shown(trial),
        "note": ", ".join(notes),
        "params": trial.params,
    }


def _budget(x: Experiment, now: float) -> dict[str, Any]:
    """`share` is that of the limit that is nearest."""
    done = max(0, x.counted_trials - x.open_trials)
    shares = []
    if x.budget.trials:
        shares.append(done / x.budget.trials)
    if x.budget.duration:
        shares.append(x.elapsed(now) / x.budget.duration)
    return {
        "text": limits(x.budget.trials, x.budget.duration),
        "trials": x.budget.trials,
        "seconds": x.budget.duration,
        "used": x.counted_trials,
        "done": done,
        "share": min(1.0, max(shares)) if shares else None,
    }


def _troubles(record: Record, now: float) -> list[str]:
    return text.notes(record.experiment, Situation(now=now))


def _unread(free: Any) -> Iterator[str]:
    if isinstance(free, HeirloomError):
        yield f"{free}"


def _notes(record: Record) -> Iterator[str]:
    x = record.experiment
    yield from notes.of_state(record)
    if x.closed is None and x.search_over is not None:
        yield f"There are no further trials: {x.search_over.reason}."
    if x.imports is not None:
        count = f"{x.imported} of {len(x.imports.trials)} trials"
        yield f"Imported: {count} of {x.imports.experiment}."


def _actions(record: Record) -> list[str]:
    if record.experiment.closed is not None:
        return ["retry"]
    return ["cancel", "retry", *(["stop", "extend"] if record.is_running else [])]


def _commands(name: str) -> dict[str, str]:
    return {
        "stop": command("stop", name),
        "resume": command("resume", name),
        "extend": command("resume", name, "--trials", "+50"),
        "watch": command("watch", name),
        "report": command("report", name),
    }

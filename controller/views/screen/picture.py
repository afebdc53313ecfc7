"""What the screen shows at one moment, as values that no later event changes.

Taking a picture costs as much as there are attempts on nodes, whatever the number of trials that
have ended. Another thread may draw it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from controller.core.experiment import Experiment
from controller.core.model import Attempt, AttemptState, Params, State, Trial
from controller.engine.observer import Situation
from controller.formats import duration
from controller.state.reading.curve import number_of
from controller.views import text
from controller.views.screen import waits

_PARAMS = 200  # characters shown of a trial's params


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial on a node."""

    trial: int
    parents: tuple[int, ...]  # the trials whose weights it starts from
    node: str
    age: str  # since its process began; of one that waits, since it was placed
    step: int | None  # of the latest report
    value: float | None  # of the latest report
    parent_value: float | None  # the parent's final value; of several parents the best
    is_better: bool  # whether the value is better than the parent's
    waits_for: str  # empty while its process runs
    params: str


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A node, and the attempts on it."""

    name: str
    running: int
    slots: int
    armed: int
    is_down: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A search at one moment."""

    name: str
    time: str  # the time so far, and the time left
    over: str  # why there are no further trials; empty while there may be
    done: int  # trials of the budget that have a verdict
    budget: int | None  # trials
    counts: tuple[tuple[State, int], ...]
    best: str
    waits_for: tuple[str, ...]
    notes: tuple[str, ...]  # what keeps the search from going on as it should
    nodes: tuple[NodeRow, ...]
    trials: tuple[TrialRow, ...]  # those whose process runs come first
    more: int  # trials on nodes that are not in `trials`


def take(name: str, experiment: Experiment, situation: Situation, limit: int) -> Picture:
    """The search now, with at most `limit` of the trials on nodes."""
    x = experiment
    left = text.time_left(x, situation.now)
    time = duration(x.elapsed(situation.now))
    if left is not None and x.search_over is None:
        time += f", about {duration(left)} left"
    held = [(x.trials[trial], x.trials[trial].attempts[number - 1]) for trial, number in x.on_nodes]
    running = [pair for pair in held if pair[1].state is AttemptState.RUNNING]
    waiting = [pair for pair in held if pair[1].state is not AttemptState.RUNNING]
    return Picture(
        name=name,
        time=time,
        over="" if x.search_over is None else x.search_over.reason,
        done=max(0, x.counted_trials - x.open_trials),
        budget=x.budget.trials,
        counts=tuple((state, x.counts[state]) for state in State if x.counts[state]),
        best=text.best(x),
        waits_for=tuple(waits.now(x, situation)),
        notes=tuple(text.notes(x, situation)),
        nodes=tuple(_nodes(x, held)),
        trials=tuple(_row(x, *pair, situation.now) for pair in (running + waiting)[:limit]),
        more=max(0, len(held) - limit),
    )


def _nodes(x: Experiment, held: Iterable[tuple[Trial, Attempt]]) -> Iterable[NodeRow]:
    running: dict[str, int] = {}
    armed: dict[str, int] = {}
    for _, attempt in held:
        where = running if attempt.state is AttemptState.RUNNING else armed
        where[attempt.node] = where.get(attempt.node, 0) + 1
    down = x.placement.down
    for node in x.placement.nodes.values():
        counts = running.get(node.name, 0), node.slots, armed.get(node.name, 0)
        yield NodeRow(node.name, *counts, node.name in down)


def _row(x: Experiment, trial: Trial, attempt: Attempt, now: float) -> TrialRow:
    value, before = number_of(attempt.last), parent_value(x, attempt)
    started = attempt.placed_at if attempt.started_at is None else attempt.started_at
    return TrialRow(
        trial=trial.id,
        parents=attempt.restore,
        node=attempt.node,
        age=duration(max(0.0, now - started)),
        step=attempt.step,
        value=value,
        parent_value=before,
        is_better=value is not None
        and before is not None
        and x.rules.objectives.first.is_better(value, before),
        waits_for=waits.of_attempt(x, trial.id, attempt),
        params=_short(trial.params),
    )


def parent_value(x: Experiment, attempt: Attempt) -> float | None:
    """The best final value of the trials that it starts from.

    A child starts where its parent ended, so it is compared with that, not with its parent's value
    at the same step.
    """
    values = (_final(x.trials[parent]) for parent in attempt.restore)
    known = (value for value in values if value is not None)
    return x.rules.objectives.first.best(known, lambda value: value)


def _final(trial: Trial) -> float | None:
    """The value of a trial; of one that was stopped, the last that it reported."""
    if trial.value is not None or not trial.attempts:
        return trial.value
    return number_of(trial.attempts[-1].last)


def _short(params: Params) -> str:
    """Params as `lr=0.01 depth=3`."""
    shown = " ".join(f"{name}={_shown(value)}" for name, value in params.items())
    return shown if len(shown) <= _PARAMS else f"{shown[:_PARAMS]}…"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.4g}" if isinstance(value, float) else json.dumps(value)

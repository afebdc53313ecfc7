"""The state of an experiment as text, for the terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from rich import filesize

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.engine.observer import Situation
from controller.formats import counted, duration
from controller.tuners.long_calls import LongCall
from controller.views.values import shown

COLOURS = {
    State.WAITING: "dim",
    State.READY: "default",
    State.ARMED: "blue",
    State.RUNNING: "cyan",
    State.SUCCEEDED: "green",
    State.FAILED: "red",
    State.STOPPED: "yellow",
    State.SKIPPED: "magenta",
    State.CANCELLED: "dim",
}
_MANY_REPORTS = 10_000  # not yet read or assessed, after which they are mentioned
_LONG = 200  # characters shown of the best trial's params


def time_left(experiment: Experiment, now: float) -> float | None:
    """Seconds until the budget is used up at the pace so far. None while it is unknown."""
    limits, spent = experiment.budget, experiment.elapsed(now)
    done = experiment.counted_trials - experiment.open_trials
    left = []
    if limits.trials is not None and done > 0:
        left.append(spent / done * max(0, limits.trials - done))
    if limits.duration is not None:
        left.append(max(0.0, limits.duration - spent))
    return min(left) if left else None


def best(experiment: Experiment) -> str:
    """The best value so far, its trial and its params; with several objectives, of the front."""
    if experiment.best is None:
        return _no_best(experiment)
    objectives, front = experiment.rules.objectives, experiment.front
    described = _described(experiment, experiment.best)
    if objectives.is_single:
        return f"best: {described}"
    bounds = "" if front.is_feasible else ", out of bounds"
    count = counted(len(front.ids), "trial")
    return f"front: {count}{bounds}, the first {described}"


def _no_best(experiment: Experiment) -> str:
    """What there is while no candidate has a value: the latest of the other trials."""
    over = experiment.closed is not None
    if experiment.latest is not None:
        none = "no candidate succeeded" if over else "no candidate yet"
        return f"best: {none}; the latest result: {_described(experiment, experiment.latest)}"
    numbers = over and experiment.counts[State.SUCCEEDED] > 0
    return f"best: none{'' if over else ' yet'}{', since no result is a number' if numbers else ''}"


def _described(experiment: Experiment, number: int) -> str:
    """`0.93 by trial 7  {"lr": 0.1}`."""
    trial = experiment.trials[number]
    params = json.dumps(trial.params)
    if len(params) > _LONG:
        params = f"{params[:_LONG]}…"
    values = shown(experiment.rules.objectives, trial.value, trial.values)
    return f"{values or 'no number'} by trial {trial.id}  {params}"


def notes(experiment: Experiment, situation: Situation) -> list[str]:
    """What keeps the search from going on as it should, a line each."""
    lines = []
    if situation.no_controller is not None:
        lines.append(situation.no_controller)
    if situation.store_stalled is not None:
        lines.append(f"the store has not answered for {duration(situation.store_stalled)}")
    if situation.no_wave is not None:
        lines.append(f"no wave leaves this machine, and so no trial: {situation.no_wave}")
    lines += [_long(call) for call in situation.long_calls]
    lines += [
        f"node {node} is prepared by attempt {preparing.trial}.{preparing.number}, for "
        f"{duration(max(0.0, situation.now - preparing.at))} so far"
        for node, preparing in experiment.preparing.items()
    ]
    if situation.reading is not None and situation.reading[1] >= _MANY_REPORTS:
        trial, count = situation.reading
        lines.append(f"reading the reports of trial {trial}: {count:,} so far")
    if situation.unassessed >= _MANY_REPORTS:
        lines.append(f"the assessor has {situation.unassessed:,} reports to assess")
    if experiment.short is not None:
        lines.append(f"no trial is started: {shortage(experiment.short)}")
    lines += [
        f"the weights of trial {trial} are damaged: {found}"
        for trial, found in experiment.damaged.items()
    ]
    for node, reason in experiment.placement.down.items():
        aside = node in experiment.set_aside
        lines.append(
            f"node {node} is set aside: {reason}"
            if aside
            else f"node {node} does not answer: {reason}"
        )
    return lines


def _long(call: LongCall) -> str:
    """Where the code of a user's tuner is, and for how long."""
    passed = duration(time.monotonic() - call.since)
    if call.what != "generate_parameters" or not call.is_still:
        call_of = f"{call.what}({call.parameter_id})"
        doing = "waited" if call.is_still else "been"
        return f"the tuner's {call_of} has {doing} at {call.place} for {passed}"
    if call.count == 1:
        return f"proposal {call.parameter_id} waits in the tuner at {call.place} for {passed}"
    return (
        f"{call.count} proposals wait in the tuner at {call.place}, "
        f"the first ({call.parameter_id}) for {passed}"
    )


def summary(experiment: Experiment, now: float) -> str:
    """The state in one line, where there is no live view."""
    states = ", ".join(
        f"{experiment.counts[state]} {state}" for state in State if experiment.counts[state]
    )
    left = time_left(experiment, now)
    tail = "" if left is None or experiment.search_over else f"; about {duration(left)} left"
    elapsed = duration(experiment.elapsed(now))
    return f"[{elapsed}] {states or 'no trials yet'}; {best(experiment)}{tail}"


def no_number(result: Any) -> str:
    """What is said of a trial that succeeded without a number as its value.

    `result` is what it reported; a trial written for NNI has its metric under `nni`.
    """
    if not isinstance(result, Mapping) or not result:
        return "it reported no result"
    metric = json.dumps(result["nni"] if "nni" in result else result.get("value"))
    short = metric if len(metric) <= 60 else f"{metric[:57]}…"
    return f"its result is no number: {short}"


def shortage(short: e.RoomShort) -> str:
    """Why no trial is started."""
    return (
        f"the store has {filesize.decimal(short.free)} free, and the trials on nodes, one more and "
        f"the reserve need {filesize.decimal(short.needed)}; trials start again when there is room"
    )

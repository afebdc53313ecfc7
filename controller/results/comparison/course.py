"""The course of one search: its best value so far, and what it had cost by then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from controller.core.model import State, Trial
from controller.core.usage.amounts import Usage, usage_of
from controller.state.record import Record

Axis = Literal["trials", "time", "cpu", "gpu"]
AXES: tuple[Axis, ...] = ("trials", "time", "cpu", "gpu")
UNITS = {"trials": "trials", "time": "s", "cpu": "CPU hours", "gpu": "GPU hours"}
_HOUR = 3600.0
_NEVER_RAN = (State.CANCELLED, State.SKIPPED)


@dataclass(frozen=True, slots=True)
class Course:
    """By axis, the costs at which trials ended, ascending, and the best value from then on.

    `costs` has no entry for an axis that was measured of no trial. `best` is None before the first
    value. `unmeasured` has, by axis, the trials with an attempt that was not measured: what such an
    attempt used is missing in the costs.
    """

    costs: dict[Axis, list[float]]
    best: list[float | None]
    unmeasured: dict[Axis, list[int]] = field(default_factory=dict)

    def at(self, axis: Axis, cost: float) -> float | None:
        """The best value at a cost; None before the first value. After its end it stays."""
        index = bisect_right(self.costs[axis], cost)
        return self.best[index - 1] if index else None

    def total(self, axis: Axis) -> float | None:
        """The cost of the whole search; None if it was not measured, or nothing has ended."""
        costs = self.costs.get(axis)
        return costs[-1] if costs else None


def course_of(record: Record) -> Course:
    """The course of a search by its first objective, of committed trials within all bounds.

    A trial that is no candidate has costs, and its value does not count. An imported trial has no
    costs. The time is that since the search began, with pauses; CPU and GPU hours are those of all
    attempts of the trials.
    """
    x = record.experiment
    ended = [trial for trial in x.trials if trial.ended_at is not None and _counts(trial)]
    ended.sort(key=lambda trial: (trial.origin is None, trial.ended_at or 0.0, trial.id))
    start = x.started_at or 0.0
    costs: dict[Axis, list[float]] = {axis: [] for axis in AXES}
    best: list[float | None] = []
    count, used, value = 0, Usage(), None
    unmeasured: dict[Axis, list[int]] = {"cpu": [], "gpu": []}
    for trial in ended:
        own = trial.origin is None
        count += own
        usage = usage_of(trial)
        used.add(usage)
        if usage.without_cpu:
            unmeasured["cpu"].append(trial.id)
        if usage.without_gpu:
            unmeasured["gpu"].append(trial.id)
        value = _better(record, value, trial)
        costs["trials"].append(count)
        costs["time"].append(max(0.0, (trial.ended_at or start) - start) if own else 0.0)
        costs["cpu"].append(used.total.cpu_seconds / _HOUR)
        costs["gpu"].append(used.total.gpu_seconds / _HOUR)
        best.append(value)
    if used.attempts and used.known_cpu_seconds is None:
        del costs["cpu"]
    if used.attempts and used.known_gpu_seconds is None:
        del costs["gpu"]
    return Course(costs, best, unmeasured)


def _counts(trial: Trial) -> bool:
    return trial.state.is_verdict and not (trial.state in _NEVER_RAN and not trial.attempts)


def _better(record: Record, best: float | None, trial: Trial) -> float | None:
    """The better one of the best value so far and that of a trial."""
    objectives = record.experiment.rules.objectives
    if trial.state is not State.SUCCEEDED or trial.value is None or not trial.candidate:
        return best
    if objectives.violation(objectives.values(trial.value, trial.values)) > 0:
        return best
    if best is None or objectives.first.is_better(trial.value, best):
        return trial.value
    return best


def checkpoints(costs: Sequence[float], axis: Axis) -> list[float]:
    """A few costs to show, up to the largest: 1, 2, 5, 10, … trials, or eighths of the time."""
    largest = max(costs, default=0.0)
    if axis != "trials":
        return [largest * part / 8 for part in range(1, 9)]
    steps = [float(digit * 10**power) for power in range(8) for digit in (1, 2, 5)]
    return [step for step in steps if step < largest] + [largest]

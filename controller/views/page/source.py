"""An experiment as the page shows it, and values that several documents derive from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from controller.core.model import State, Trial
from controller.core.ranking import standing_of
from controller.state.record import Record
from controller.views.page.durations import lookahead
from controller.views.page.figures import ranges
from controller.views.values import shown
from heirloom.objective import Front, Objective, Objectives


@dataclass(frozen=True)
class Source:
    """An experiment at one moment. Times are seconds since the epoch, durations seconds.

    Args:
        record: what the journal says. Documents of the present state read it directly.
        places: how many trials each node can run at once.
        curves: by trial, its reports as steps and values. Empty where they were not read.
        metrics: the same by name and trial.
        last_at: the last event of an experiment that no controller runs.
    """

    record: Record
    name: str
    description: str
    objectives: Objectives
    state: str  # running, finished, stopped, ...
    started_at: float
    ended_at: float | None
    trials: Sequence[Trial]
    places: Mapping[str, int] = field(default_factory=dict)
    curves: Mapping[int, Sequence[tuple[int, float]]] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[int, Sequence[tuple[int, float]]]] = field(default_factory=dict)
    space: Mapping[str, Any] = field(default_factory=dict)  # the search space, in JSON form
    last_at: float | None = None

    @classmethod
    def of(cls, record: Record) -> Source:
        """The source of a record. Its cost does not depend on the number of trials."""
        experiment, config = record.experiment, record.config
        slots = experiment.rules.slots
        return cls(
            record=record,
            name=record.place.name,
            description=config.description,
            objectives=config.objectives,
            state=record.state,
            started_at=experiment.started_at or 0.0,
            ended_at=None if experiment.closed is None else experiment.closed.at,
            trials=experiment.trials,
            places={node.name: node.slots // slots for node in experiment.placement.nodes.values()},
            curves=record.curves,
            metrics=record.metric_curves,
            space=config.search_space,
            last_at=None if record.is_running else experiment.last_at,
        )

    @cached_property
    def seconds(self) -> Mapping[int, Mapping[str, float]]:
        """The seconds of each trial by activity, with `lookahead` told apart from `waiting`."""
        return lookahead.told_apart(self.trials, self.places)

    @cached_property
    def by_id(self) -> dict[int, Trial]:
        """Every trial by its id, in the order of the ids."""
        return {trial.id: trial for trial in sorted(self.trials, key=lambda trial: trial.id)}

    @cached_property
    def children(self) -> dict[int, list[int]]:
        """The trials that start from the weights of each trial."""
        found: dict[int, list[int]] = {}
        for trial in self.trials:
            for parent in trial.restore:
                found.setdefault(parent, []).append(trial.id)
        return found

    @property
    def objective(self) -> Objective:
        """The first objective, which the trials' `value` and their curves concern."""
        return self.objectives.first

    @cached_property
    def front(self) -> Front:
        """The succeeded candidates that no other one dominates."""
        front = Front()
        for trial in self.by_id.values():
            standing = standing_of(trial, self.objectives)
            if trial.state is State.SUCCEEDED and standing and finite(trial.value) is not None:
                front.add(trial.id, standing)
        return front

    @cached_property
    def best(self) -> Trial | None:
        """The best succeeded candidate, the first by id among equals."""
        return None if self.front.best is None else self.by_id[self.front.best]

    def values(self, trial: Trial) -> Mapping[str, float]:
        """A trial's values by name."""
        return self.objectives.values(trial.value, trial.values)

    def shown(self, trial: Trial) -> str:
        """A trial's finite values as text; empty without one."""
        found = {name: value for name, value in trial.values.items() if finite(value) is not None}
        return shown(self.objectives, finite(trial.value), found)

    @cached_property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest value, without those that are far off. (0, 1) without any.

        A few of them would leave the others the same colour and height.
        """
        return ranges.near(self._values, self.objective)

    @property
    def axis(self) -> list[float]:
        """The range of an axis that shows the span, with a margin at both ends."""
        return ranges.axis(self._values, self.objective)

    @property
    def _values(self) -> list[float]:
        return [v for trial in self.trials if (v := finite(trial.value)) is not None]

    @cached_property
    def line(self) -> list[Trial]:
        """The line of the best trial; empty without one."""
        return [] if self.best is None else self.line_of(self.best)

    def line_of(self, trial: Trial) -> list[Trial]:
        """The trial's ancestors, oldest first, and the trial itself.

        Of several parents the first is followed.
        """
        line = [trial]
        while parents := self.parents(line[-1]):
            line.append(parents[0])
        return line[::-1]

    def parents(self, trial: Trial) -> list[Trial]:
        """The trials whose weights the trial starts from."""
        known = (parent for parent in trial.restore if parent < trial.id)
        return [self.by_id[parent] for parent in known if parent in self.by_id]


def finite(value: float | None) -> float | None:
    """The value where it is finite, else None."""
    return value if value is not None and math.isfinite(value) else None

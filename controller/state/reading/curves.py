"""The learning curves of all trials, in memory or partly in the reading tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from controller.core import events as e
from controller.state.reading.curve import Curve, Points, number_of

Reports = e.Reported | e.ReportedMany | e.ContinuedFrom


class Curves:
    """The learning curves of all trials: of what they reported as value, and of each metric.

    A trial's curve is that of its latest attempt. An attempt that continues an earlier one has its
    reports too, up to the step from which it continues.

    Args:
        load: returns what a table holds of a trial's curves, or None.
    """

    def __init__(self, load: Callable[[int], TrialCurves | None] = lambda trial: None) -> None:
        self._load = load
        self._trials: dict[int, TrialCurves] = {}
        self.names: dict[str, None] = {}  # of metrics, in the order in which they were reported
        self.changed: set[int] = set()  # trials with reports that no table holds

    def add(self, event: Reports) -> None:
        """Add the reports of an event. What is not a number is left out."""
        found = self._trials.get(event.trial)
        if found is None:
            found = self._trials[event.trial] = self._load(event.trial) or TrialCurves()
        self.changed.add(event.trial)
        for name in found.add(event):
            self.names.setdefault(name)

    def put(self, trial: int, curves: TrialCurves) -> None:
        """Take a trial's curves as they are."""
        self._trials[trial] = curves

    def of(self, trial: int) -> TrialCurves:
        """The curves of a trial that are in memory."""
        return self._trials[trial]

    def get(self, trial: int) -> TrialCurves | None:
        """The curves of a trial that are in memory, None if there are none."""
        return self._trials.get(trial)

    def keep(self, trials: Iterable[int]) -> None:
        """Keep only the curves of these trials in memory. Tables hold the others."""
        self._trials = {trial: self._trials[trial] for trial in trials if trial in self._trials}

    @property
    def values(self) -> dict[int, Points]:
        """The values, by trial."""
        return self._of(None)

    @property
    def metrics(self) -> dict[str, dict[int, Points]]:
        """The metrics, by name and trial. Names are in the order in which they were reported."""
        return {name: self._of(name) for name in self.names}

    def _of(self, name: str | None) -> dict[int, Points]:
        found = ((trial, self._trials[trial].points(name)) for trial in sorted(self._trials))
        return {trial: points for trial, points in found if points is not None}


class TrialCurves:
    """The curves of one trial by name. None is the name of the values."""

    def __init__(self) -> None:
        self._curves: dict[str | None, _Attempts] = {}

    def add(self, event: Reports) -> Iterable[str]:
        """Add the reports of an event; return the names of its metrics."""
        if isinstance(event, e.ContinuedFrom):
            for curves in self._curves.values():
                curves.continue_from(event.number, event.source, event.step)
            return ()
        reports = event.reports
        points: dict[str | None, Points] = {}
        values = [(step, number_of(value)) for step, value in reports]
        if known := [(step, number) for step, number in values if number is not None]:
            points[None] = known
        for (step, _), metrics in zip(reports, event.rows, strict=False):
            for name, metric in (metrics or {}).items():
                if metric is not None:
                    points.setdefault(name, []).append((step, float(metric)))
        for each, found in points.items():
            if each not in self._curves:
                self._curves[each] = _Attempts()
            self._curves[each].extend(event.number, found)
        return [name for name in points if name is not None]

    @property
    def names(self) -> list[str]:
        """The names of the metrics that the trial has reported."""
        return [name for name in self._curves if name is not None]

    def points(self, name: str | None) -> Points | None:
        """One of the curves, None if there is none."""
        return self._curves[name].points if name in self._curves else None

    def encode(self) -> str:
        """The curves as JSON."""
        return json.dumps([[name, curves.plain()] for name, curves in self._curves.items()])

    @classmethod
    def decode(cls, body: str) -> TrialCurves:
        """The curves of which `encode` returned the text."""
        found = cls()
        found._curves = {name: _Attempts.of(plain) for name, plain in json.loads(body)}
        return found


class _Attempts:
    """The curves of a trial's attempts."""

    def __init__(self) -> None:
        self._curves: dict[int, Curve] = {}  # by the attempt's number, the latest last
        self._inherited: set[int] = set()  # attempts that continue one, and have not reported yet

    def extend(self, number: int, points: Points) -> None:
        """Add reports of an attempt, at least one."""
        if number in self._inherited:
            self._inherited.remove(number)  # it may start at an earlier step than it could
            self._curves[number] = self._curves[number].until(points[0][0] - 1)
        if number not in self._curves:
            self._curves[number] = Curve()
        self._curves[number].extend(points)

    def continue_from(self, number: int, source: int, step: int) -> None:
        """An attempt has the reports of an earlier one up to a step."""
        if source in self._curves and number not in self._curves:
            self._curves[number] = self._curves[source].until(step)
            self._inherited.add(number)

    @property
    def points(self) -> Points:
        """The curve of the latest attempt."""
        return list(self._curves.values())[-1].points

    def plain(self) -> list[Any]:
        """The curves as plain JSON values."""
        curves = [[number, curve.plain()] for number, curve in self._curves.items()]
        return [sorted(self._inherited), curves]

    @classmethod
    def of(cls, plain: list[Any]) -> _Attempts:
        """The curves of which `plain` returned the values."""
        found = cls()
        found._inherited = set(plain[0])
        found._curves = {number: Curve.of(curve) for number, curve in plain[1]}
        return found

"""What the attempts of a trial have reported, as an assessor sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar


class Reports:
    """The reports of one attempt, in order, after those of the attempt that it continues."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._steps: list[int] = []
        self._is_continued = False  # whether all of them are of an earlier attempt

    def add(self, step: int, value: Any) -> None:
        """Take a report of the attempt.

        The first one may be of an earlier step than that from which the attempt could continue:
        reports of earlier attempts from that step on are dropped.
        """
        if self._is_continued:
            self._is_continued = False
            self._cut(step - 1)
        self._insert(step, value)

    def take_over(self, earlier: Reports, step: int) -> None:
        """Start with the reports of an earlier attempt, up to a step."""
        self.values, self._steps = list(earlier.values), list(earlier._steps)
        self._is_continued = True
        self._cut(step)

    def state(self) -> Any:
        """The reports as plain JSON."""
        return [self._steps, self.values, self._is_continued]

    def load_state(self, state: Any) -> None:
        """Take the reports of which `state` returned the plain form."""
        self._steps, self.values, self._is_continued = list(state[0]), list(state[1]), state[2]

    def _insert(self, step: int, value: Any) -> None:
        self._steps.append(step)
        self.values.append(value)

    def _cut(self, step: int) -> None:
        """Drop the reports after a step."""
        kept = [pair for pair in zip(self._steps, self.values) if pair[0] <= step]
        self._steps = [reported for reported, _ in kept]
        self.values = [value for _, value in kept]


Kind = TypeVar("Kind", bound=Reports)


class TrialReports(Generic[Kind]):
    """The reports of all attempts of the trials that have not ended."""

    def __init__(self, create: Callable[[], Kind]) -> None:
        self._create = create
        self._trials: dict[int, dict[int, Kind]] = {}  # by trial, then by the attempt's number

    def of(self, trial: int, number: int) -> Kind:
        """The reports of an attempt. One that continues no other starts with none."""
        attempts = self._trials.setdefault(trial, {})
        if number not in attempts:
            attempts[number] = self._create()
        return attempts[number]

    def continue_from(self, trial: int, number: int, source: int, step: int) -> None:
        """An attempt continues an earlier one after a step. Said twice, it counts once."""
        attempts = self._trials.setdefault(trial, {})
        if number not in attempts and source in attempts:
            self.of(trial, number).take_over(attempts[source], step)

    def forget(self, trial: int) -> bool:
        """The trial has ended. Returns whether it has reported anything."""
        return bool(self._trials.pop(trial, None))

    def state(self) -> Any:
        """The reports as plain JSON."""
        return [
            [trial, [[number, reports.state()] for number, reports in attempts.items()]]
            for trial, attempts in self._trials.items()
        ]

    def load_state(self, state: Any) -> None:
        """Take the reports of which `state` returned the plain form."""
        for trial, attempts in state:
            for number, reports in attempts:
                self.of(trial, number).load_state(reports)

"""What a search has cost until it reached a validation accuracy."""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from benchmarks.inherit.figures.runs import Run


class Cost(NamedTuple):
    """What was spent, by all trials of a search. `reached`: whether it got there."""

    epochs: float
    cpu: float  # seconds
    wall: float  # seconds
    reached: bool


class Spent:
    """The spending of one search: for each new best value, what had been spent by then."""

    def __init__(self, run: Run) -> None:
        self.value = run.value
        self._values: list[float] = []  # ascending
        self._costs: list[Cost] = []  # when each was reached
        latest: dict[tuple[int, int], tuple[float, float]] = {}  # epochs and CPU by attempt
        for report in sorted(run.reports, key=lambda report: report.time):
            latest[report.trial, report.attempt] = (report.epochs, report.cpu)
            if report.value is not None and (not self._values or report.value > self._values[-1]):
                self._values.append(report.value)
                self._costs.append(_sum(latest, report.time, reached=True))
        self.whole = _sum(latest, run.seconds, reached=False)

    @property
    def first(self) -> Cost | None:
        """The cost until the first value; None without one."""
        return self._costs[0] if self._costs else None

    def until(self, target: float) -> Cost:
        """The cost until the first report of at least `target`; of the whole search without one."""
        at = bisect_left(self._values, target)
        return self._costs[at] if at < len(self._costs) else self.whole

    def best_by(self, epochs: float) -> float | None:
        """The best value within so many epochs; None before the first report."""
        within = [
            value
            for value, cost in zip(self._values, self._costs, strict=True)
            if cost.epochs <= epochs
        ]
        return within[-1] if within else None

    def best_within(self, seconds: float) -> float | None:
        """The best value within so many seconds of wall time; None before the first report."""
        within = [
            value
            for value, cost in zip(self._values, self._costs, strict=True)
            if cost.wall <= seconds
        ]
        return within[-1] if within else None


def _sum(latest: dict[tuple[int, int], tuple[float, float]], wall: float, *, reached: bool) -> Cost:
    epochs = sum(each[0] for each in latest.values())
    cpu = sum(each[1] for each in latest.values())
    return Cost(epochs, cpu, wall, reached)

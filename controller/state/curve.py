"""Learning curves for pictures: some of a trial's reports, however many there are."""

from __future__ import annotations

from typing import Any, NamedTuple

from controller.core import events as e

_BUCKETS = 500


class _Point(NamedTuple):
    value: float
    order: int  # how many reports came before it
    step: int


_Bucket = tuple[_Point, _Point]  # the smallest and the largest


class Curve:
    """The reports of a trial as at most 1,001 points: every extreme value, and the last one.

    Consecutive reports share a bucket, which keeps the smallest and the largest of their values.
    When there are too many buckets, each two become one. Up to 1,000 reports are all kept.
    """

    def __init__(self) -> None:
        self._buckets: list[_Bucket] = []
        self._size = 1  # reports of a bucket
        self._count = 0
        self._last: _Point | None = None

    def add(self, step: int, value: float) -> None:
        """Add a report, in the order of reporting."""
        point = self._last = _Point(value, self._count, step)
        if self._count % self._size:
            low, high = self._buckets[-1]
            self._buckets[-1] = (
                point if value < low.value else low,
                point if value >= high.value else high,
            )
        else:
            if len(self._buckets) == _BUCKETS:
                self._halve()
            self._buckets.append((point, point))
        self._count += 1

    @property
    def points(self) -> list[tuple[int, float]]:
        """Steps and values, in the order of reporting."""
        kept = {point.order: point for bucket in self._buckets for point in bucket}
        if self._last is not None:
            kept[self._last.order] = self._last
        return [(kept[order].step, kept[order].value) for order in sorted(kept)]

    def until(self, step: int) -> Curve:
        """The curve of the reports up to a step."""
        found = Curve()
        for reported, value in self.points:
            if reported <= step:
                found.add(reported, value)
        return found

    def _halve(self) -> None:
        """Merge each two buckets. All of them are full."""
        pairs = zip(self._buckets[::2], self._buckets[1::2], strict=True)
        self._buckets = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]
        self._size *= 2


Points = list[tuple[int, float]]  # steps and values


class Curves:
    """The learning curves of all trials: of what they reported as value, and of each metric.

    A trial's curve is that of its latest attempt. An attempt that continues an earlier one has its
    reports too, up to the step from which it continues.
    """

    def __init__(self) -> None:
        self._values: dict[int, _Attempts] = {}
        self._metrics: dict[str, dict[int, _Attempts]] = {}

    def add(self, event: e.Reported | e.ReportedMany | e.ContinuedFrom) -> None:
        """Add the reports of an event. What is not a number is left out."""
        if isinstance(event, e.ContinuedFrom):
            for curves in (self._values, *self._metrics.values()):
                if event.trial in curves:
                    curves[event.trial].continue_from(event.number, event.source, event.step)
            return
        for step, value in event.reports:
            if (number := number_of(value)) is not None:
                self._values.setdefault(event.trial, _Attempts()).add(event.number, step, number)
        for (step, _), metrics in zip(event.reports, event.rows, strict=False):
            for name, metric in (metrics or {}).items():
                if metric is not None:
                    curves = self._metrics.setdefault(name, {})
                    curves.setdefault(event.trial, _Attempts()).add(event.number, step, metric)

    @property
    def values(self) -> dict[int, Points]:
        """The values, by trial."""
        return {trial: curves.points for trial, curves in self._values.items()}

    @property
    def metrics(self) -> dict[str, dict[int, Points]]:
        """The metrics, by name and trial. Names are in the order in which they were reported."""
        return {
            name: {trial: attempts.points for trial, attempts in curves.items()}
            for name, curves in self._metrics.items()
        }


class _Attempts:
    """The curves of a trial's attempts."""

    def __init__(self) -> None:
        self._curves: dict[int, Curve] = {}  # by the attempt's number, the latest last
        self._inherited: set[int] = set()  # attempts that continue one, and have not reported yet

    def add(self, number: int, step: int, value: float) -> None:
        """Add a report of an attempt."""
        if number in self._inherited:
            self._inherited.remove(number)  # it may start at an earlier step than it could
            self._curves[number] = self._curves[number].until(step - 1)
        self._curves.setdefault(number, Curve()).add(step, value)

    def continue_from(self, number: int, source: int, step: int) -> None:
        """An attempt has the reports of an earlier one up to a step."""
        if source in self._curves and number not in self._curves:
            self._curves[number] = self._curves[source].until(step)
            self._inherited.add(number)

    @property
    def points(self) -> Points:
        """The curve of the latest attempt."""
        return list(self._curves.values())[-1].points


def number_of(value: Any) -> float | None:
    """The number in a report, itself or under `default`."""
    if isinstance(value, dict):
        value = value.get("default")
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None

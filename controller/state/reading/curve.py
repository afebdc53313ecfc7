"""Learning curves for pictures: some of a trial's reports, however many there are."""

from __future__ import annotations

from typing import Any, NamedTuple

_BUCKETS = 500


class _Point(NamedTuple):
    value: float
    order: int  # how many reports came before it
    step: int


_Bucket = tuple[_Point, _Point]  # the smallest and the largest
Points = list[tuple[int, float]]  # steps and values


class Curve:
    """The reports of a trial as at most 1,001 points: every extreme value, and the last one.

    Up to 1,000 reports are all kept. Of more, consecutive ones share a bucket, which keeps the
    smallest and the largest of their values. When there are too many buckets, each two become one.
    """

    def __init__(self) -> None:
        self._all: Points = []  # the reports, as long as all of them are kept
        self._buckets: list[_Bucket] = []
        self._size = 1  # reports of a bucket
        self._count = 0  # reports in buckets
        self._last: _Point | None = None

    def extend(self, points: Points) -> None:
        """Add reports, steps and values in the order of reporting."""
        if not self._buckets:
            self._all += points
            if len(self._all) <= 2 * _BUCKETS:
                return
            points, self._all = self._all, []
        for step, value in points:
            self._put(_Point(value, self._count, step))

    @property
    def points(self) -> Points:
        """Steps and values, in the order of reporting."""
        if not self._buckets:
            return list(self._all)
        kept = {point.order: point for bucket in self._buckets for point in bucket}
        if self._last is not None:
            kept[self._last.order] = self._last
        return [(kept[order].step, kept[order].value) for order in sorted(kept)]

    def until(self, step: int) -> Curve:
        """The curve of the reports up to a step."""
        found = Curve()
        found.extend([(reported, value) for reported, value in self.points if reported <= step])
        return found

    def plain(self) -> list[Any]:
        """The curve as plain JSON values."""
        buckets = [[*low] if low is high else [*low, *high] for low, high in self._buckets]
        return [self._all, self._size, self._count, self._last, buckets]

    @classmethod
    def of(cls, plain: list[Any]) -> Curve:
        """The curve of which `plain` returned the values."""
        found = cls()
        reports, found._size, found._count, last, buckets = plain
        found._all = [(step, value) for step, value in reports]
        found._last = None if last is None else _Point(*last)
        for bucket in buckets:
            low = _Point(*bucket[:3])
            found._buckets.append((low, _Point(*bucket[3:]) if len(bucket) > 3 else low))
        return found

    def _put(self, point: _Point) -> None:
        self._last = point
        if self._count % self._size:
            low, high = self._buckets[-1]
            self._buckets[-1] = (
                point if point.value < low.value else low,
                point if point.value >= high.value else high,
            )
        else:
            if len(self._buckets) == _BUCKETS:
                self._halve()
            self._buckets.append((point, point))
        self._count += 1

    def _halve(self) -> None:
        """Merge each two buckets. All of them are full."""
        pairs = zip(self._buckets[::2], self._buckets[1::2], strict=True)
        self._buckets = [(min(a[0], b[0]), max(a[1], b[1])) for a, b in pairs]
        self._size *= 2


def number_of(value: Any) -> float | None:
    """The number in a report, itself or under `default`."""
    if isinstance(value, dict):
        value = value.get("default")
    try:
        return float(value) if isinstance(value, int | float) else None
    except OverflowError:
        return None

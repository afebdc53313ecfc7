"""Small charts of the options of each choice over the generations of a chain, as SVG paths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from controller.views.page.figures.palette import COLOURS, colour
from controller.views.page.generations import Generations, Row

WIDTH, HEIGHT = 240, 90  # of a chart, in SVG's units
CHARTS = 100  # choices with a chart
_POINTS = 200  # of a line
_COLUMNS = 8  # generations in the table
_DASHES = ("", "7 3", "2 3", "9 3 2 3")


@dataclass(frozen=True, slots=True)
class Line:
    """The share of one option. `path` is that of an SVG element; `cells` are for the table."""

    option: str
    colour: str
    dash: str
    path: str
    last: float | None
    cells: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """One choice of the model."""

    label: str
    lines: Sequence[Line]

    @property
    def largest(self) -> Line | None:
        """The first line that is the highest in the last generation; None if none goes so far."""
        known = [line for line in self.lines if line.last is not None]
        return max(known, key=lambda line: line.last or 0.0, default=None)

    @property
    def words(self) -> str:
        """What the chart shows, as text."""
        line = self.largest
        if line is None:
            return f"{self.label}: not in the last generation"
        largest = f"{line.option} has the largest share, {line.last:.2f}"
        return f"{self.label}: in the last generation, {largest}"


@dataclass(frozen=True, slots=True)
class Charts:
    """The charts of a chain.

    Args:
        charts: of the first choices.
        left_out: the number of further choices.
        columns: the generations in the table.
        ends: the first and the last generation, at the left and right border of each chart.
        top: the share at the upper border, the same for all charts. At the lower one it is 0.
        is_weighted: whether the shares are weights that trials reported.
    """

    charts: Sequence[Chart]
    left_out: int
    columns: Sequence[int]
    ends: tuple[int, int]
    top: float
    is_weighted: bool


def shares(found: Generations | None) -> Charts | None:
    """The charts of the choices. None where no share is known."""
    if found is None or not found.shares:
        return None
    numbers = found.numbers
    columns = _even(len(numbers), _COLUMNS)
    labels = list(found.shares.items())
    known = [share for _, rows in labels for row in rows.values() for share in row if share]
    top = min(1.0, max(0.1, ceil(10 * min(1.0, max(known, default=1.0))) / 10))
    return Charts(
        charts=[
            Chart(label, _lines(numbers, rows, columns, top)) for label, rows in labels[:CHARTS]
        ],
        left_out=max(0, len(labels) - CHARTS),
        columns=[numbers[at] for at in columns],
        ends=(numbers[0], numbers[-1]),
        top=top,
        is_weighted=found.is_weighted,
    )


def _lines(
    numbers: Sequence[int], rows: Mapping[str, Row], columns: Sequence[int], top: float
) -> list[Line]:
    return [
        Line(
            option=option,
            colour=colour(number),
            dash=_DASHES[number // len(COLOURS) % len(_DASHES)],
            path=_path(numbers, row, top),
            last=row[-1],
            cells=[row[at] for at in columns],
        )
        for number, (option, row) in enumerate(rows.items())
    ]


def _path(numbers: Sequence[int], row: Row, top: float) -> str:
    """A line through the known shares, with gaps where one is unknown. A lone one is a dot."""
    runs: list[list[str]] = [[]]
    for point in _points(numbers, row, top):
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return "".join(f"M{'L'.join(run)}{'h0' if len(run) == 1 else ''}" for run in runs if run)


def _points(numbers: Sequence[int], row: Row, top: float) -> Iterator[str | None]:
    first, span = numbers[0], numbers[-1] - numbers[0]
    for at in _even(len(numbers), _POINTS):
        share = row[at]
        x = WIDTH * ((numbers[at] - first) / span if span else 0.5)
        height = None if share is None else HEIGHT * min(1.0, max(0.0, share / top))
        yield None if height is None else f"{x:.1f} {HEIGHT - height:.1f}"


def _even(count: int, limit: int) -> list[int]:
    """At most `limit` of so many indices, evenly spaced, with the first and the last."""
    if count <= limit:
        return list(range(count))
    return [round(at * (count - 1) / (limit - 1)) for at in range(limit)]

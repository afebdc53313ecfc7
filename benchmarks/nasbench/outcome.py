"""What came out on the table, and whether the goals are reached."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from benchmarks.nasbench.methods import METHODS, NEAR, Method
from benchmarks.nasbench.search import Values

LEADER, BEHIND = "reinforce", "random"  # the former is to be clearly better after the last look
ERRORS = 2.0  # standard errors of the difference


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, how far the figures are from it, and whether that is near enough."""

    text: str
    found: str
    met: bool


def as_table(record: dict[str, Any]) -> Table:
    """The means and standard deviations of all methods."""
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column("tuner")
    table.add_column("values")
    for looks in record["looks"]:
        table.add_column(f"{looks} networks", justify="right")
    for row in record["rows"]:
        table.add_row(row["method"], row["values"], *cells(row))
    return table


def cells(row: dict[str, Any]) -> list[str]:
    """The mean and the standard deviation over the seeds, for each number of networks."""
    pairs = zip(row["mean"], row["deviation"], strict=True)
    return [f"{mean:.2f} ± {deviation:.2f}" for mean, deviation in pairs]


def goals(record: dict[str, Any], values: Values) -> Iterator[Goal]:
    """The goals of the methods that have run, for one kind of values."""
    rows = {row["method"]: row for row in record["rows"] if row["values"] == values}
    for method in METHODS:
        if method.goals and method.tuner in rows:
            yield _near(method, rows[method.tuner])
    if LEADER in rows and BEHIND in rows:
        yield _apart(rows[LEADER], rows[BEHIND], record)


def _near(method: Method, row: dict[str, Any]) -> Goal:
    off = [found - goal for found, goal in zip(row["mean"], method.goals, strict=True)]
    text = f"{method.tuner} within {NEAR} of {', '.join(f'{goal:.2f}' for goal in method.goals)}"
    return Goal(
        text, ", ".join(f"{each:+.3f}" for each in off), all(abs(each) <= NEAR for each in off)
    )


def _apart(leader: dict[str, Any], behind: dict[str, Any], record: dict[str, Any]) -> Goal:
    squares = leader["deviation"][-1] ** 2 + behind["deviation"][-1] ** 2
    error = (squares / record["seeds"]) ** 0.5
    errors = (leader["mean"][-1] - behind["mean"][-1]) / error if error else 0.0
    last = record["looks"][-1]
    text = f"{LEADER} at least {ERRORS:g} standard errors above {BEHIND} at {last} networks"
    return Goal(text, f"{errors:.1f}", errors >= ERRORS)

"""The record as tables of the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rich.table import Table

from benchmarks.inherit.methods import TITLES
from benchmarks.inherit.outcome import GOAL, GOAL_METHOD, is_reached, reached

_TIMES = 8  # at which the best accuracy is shown


def all_of(record: dict[str, Any]) -> Iterator[Table | str]:
    """A table and a line for each method, and what else was measured."""
    for row in record["methods"]:
        yield _arms(row)
        yield verdict(row)
        yield _minutes(row)
        if row["generations"]:
            yield _generations(row)
        if row["further"]:
            yield _further(row)
        if row["births"]:
            yield _births(row)
        if row["final"]:
            yield _final(row)
    if record["shared"] is not None:
        shared = record["shared"]
        yield (
            f"shared weights, {shared['networks']} networks: Kendall {pair(shared['kendall'], 2)}, "
            f"Spearman {pair(shared['spearman'], 2)}"
        )


def verdict(row: dict[str, Any]) -> str:
    """The ratio of a method in epochs, its interval, and the goal where there is one."""
    at_a, at_b = reached(row)
    goal = ""
    if row["method"] == GOAL_METHOD:
        goal = f"; the goal of {GOAL:g} is {'reached' if is_reached(row) else 'missed'}"
    return (
        f"{row['method']}: ratio {interval(row['ratio']['epochs'])} in epochs until "
        f"{percent(row['target'])}, to arm B at length {row['cheapest']}; reached by {at_a} "
        f"searches of arm A and {at_b} of arm B{goal}"
    )


def _further(row: dict[str, Any]) -> str:
    found = row["further"]
    return (
        f"arm A that goes on to {found['candidates']} candidates: validation "
        f"{accuracies(found['value'])} %, {pair(found['epochs'], 0)} epochs, at the target in "
        f"{found['reached']} of {row['seeds']}, ratio {interval(found['ratio']['epochs'])}"
    )


def interval(found: list[float]) -> str:
    """A ratio with its interval, if it has one."""
    value, *bounds = found
    return f"{value:.2f}" + (" ({:.2f} to {:.2f})".format(*bounds) if bounds else "")


def percent(accuracy: float) -> str:
    """An accuracy in percent."""
    return f"{100 * accuracy:.2f} %"


def points(difference: float) -> str:
    """A difference of accuracies in percentage points."""
    return f"{100 * difference:.2f}"


def signed(difference: float) -> str:
    """The same with its sign."""
    return f"{100 * difference:+.2f}".replace("-", "\N{MINUS SIGN}")


def pair(found: list[float], digits: int) -> str:
    """Mean ± standard deviation, if there are several values."""
    return " ± ".join(f"{each:.{digits}f}" for each in found)


def accuracies(found: list[float]) -> str:
    """Mean ± standard deviation of accuracies, in percent."""
    return pair([100 * each for each in found], 2)


def seeds(row: dict[str, Any]) -> str:
    """The seeds of a method."""
    last = row["seeds"] - 1
    return "seed 0" if last == 0 else f"seeds 0 {'and' if last == 1 else 'to'} {last}"


def arm(row: dict[str, Any]) -> str:
    """What an arm is called: A, or B with its length."""
    return TITLES[row["arm"]] + (f" at length {row['length']}" if row["arm"] == "b" else "")


def best(row: dict[str, Any]) -> dict[str, Any]:
    """Arm B at its best length."""
    found: dict[str, Any] = next(
        each for each in row["arms"] if (each["arm"], each["length"]) == ("b", row["best"])
    )
    return found


def ages(row: dict[str, Any]) -> tuple[str, str]:
    """The age of the best network of arm A, and of arm B at its best length, in epochs."""
    return f"{row['arms'][0]['age'][0]:.0f}", f"{best(row)['age'][0]:.0f}"


def usual(row: dict[str, Any]) -> dict[str, Any] | None:
    """The latest generation with several candidates for each seed, of which arm B is known too."""
    least = row["seeds"] * 4
    found = [
        each
        for each in row["generations"]
        if each["trials"] >= least and each["others"] is not None
    ]
    return found[-1] if found else None


def at_birth(
    row: dict[str, Any],
    name: str,
    form: Callable[[float], str],
    change: str | tuple[str, ...] = "",
) -> str:
    """The mean of a number over all children of arm A; empty if there are none.

    change: only of those whose change ends so, or in one of several ways.
    """
    births = [each for each in row["births"] if each["change"].endswith(change)]
    children = sum(each["children"] for each in births)
    total = sum(each["children"] * each[name] for each in births)
    return form(total / children) if children else ""


def from_nothing(row: dict[str, Any], name: str) -> str:
    """The mean test accuracy of an arm's networks, trained from nothing, in percent; or "-"."""
    found = [
        each for each in row["final"] if (each["method"], each["arm"]) == (row["method"], name)
    ]
    return f"{100 * found[0]['test'][0]:.2f}" if found else "-"


def per_success(row: dict[str, Any]) -> str:
    """The epochs of an arm for each search that reached the target."""
    return "-" if row["per_success"] is None else f"{row['per_success']:.0f}"


def ratio(row: dict[str, Any], figure: str) -> str:
    """The ratio of an arm's cost to that of arm A; empty for arm A."""
    return f"{row['ratios'][figure]:.2f}" if figure in row["ratios"] else ""


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for at, column in enumerate(columns):
        table.add_column(column, justify="right" if at else "left")
    return table


def _arms(row: dict[str, Any]) -> Table:
    table = _table(
        row["method"],
        "validation",
        f"after {row['budget']:g} epochs",
        "test",
        "reached",
        "epochs",
        "ratio",
        "per success",
        "CPU s",
        "ratio",
        "wall s",
        "ratio",
        "whole",
        "age",
    )
    for each in row["arms"]:
        table.add_row(
            arm(each),
            accuracies(each["value"]),
            accuracies(each["equal"]),
            accuracies(each["test"]),
            f"{each['reached']} of {row['seeds']}",
            pair(each["epochs"], 0),
            ratio(each, "epochs"),
            per_success(each),
            pair(each["cpu"], 0),
            ratio(each, "cpu"),
            pair(each["wall"], 0),
            ratio(each, "wall"),
            pair(each["whole"], 0),
            pair(each["age"], 0),
        )
    return table


def _minutes(row: dict[str, Any]) -> Table:
    """The best validation accuracy so far by wall time, the mean over the seeds."""
    curves = [curve for curve in row["curves"] if curve["axis"] == "seconds" and curve["points"]]
    end = max((curve["points"][-1][0] for curve in curves), default=0.0)
    times = [end * step / _TIMES for step in range(1, _TIMES + 1)]
    table = _table("best after minutes", *(f"{time / 60:.1f}" for time in times))
    for curve in curves:
        cells = []
        for time in times:
            found = [mean for at, mean, _, _ in curve["points"] if at <= time]
            cells.append(percent(found[-1]) if found else "")
        table.add_row(arm(curve), *cells)
    return table


def _births(row: dict[str, Any]) -> Table:
    table = _table("at birth, by change", "children", "inherited", row["measure"], "lost", "gained")
    for each in row["births"]:
        table.add_row(
            each["change"],
            str(each["children"]),
            f"{each['share']:.0%}",
            percent(each["before"]),
            points(each["lost"]),
            points(each["gained"]),
        )
    return table


def _generations(row: dict[str, Any]) -> Table:
    table = _table("epochs with ancestors", "candidates", "inherited", "from nothing")
    for each in row["generations"]:
        others = "-" if each["others"] is None else percent(each["others"])
        table.add_row(str(each["epochs"]), str(each["trials"]), percent(each["value"]), others)
    return table


def _final(row: dict[str, Any]) -> Table:
    table = _table("final trainings", "number", "test")
    for each in row["final"]:
        table.add_row(
            f"{each['method']}, arm {arm(each)}", str(each["trainings"]), accuracies(each["test"])
        )
    return table

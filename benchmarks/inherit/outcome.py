"""The figures of a method, as the record and the page of results have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from operator import attrgetter
from statistics import mean, stdev
from typing import Any

from benchmarks.inherit.figures.birth import births
from benchmarks.inherit.figures.comparison import FIGURES, Comparison, compare
from benchmarks.inherit.figures.costs import Cost, Spent
from benchmarks.inherit.figures.generations import generations
from benchmarks.inherit.figures.lineage import age_of_best
from benchmarks.inherit.figures.runs import Run
from benchmarks.inherit.methods import FURTHER, READING, Task, extent
from benchmarks.trials.inherit.sizes import SIZES

GOAL = 3.0  # times fewer epochs
GOAL_METHOD = "evolution"
_POINTS = 30  # of a curve

Runs = Mapping[Task, Run]


def compared(runs: Runs) -> Comparison:
    """Both arms of a method."""
    arm_a, arm_b = _arms(runs)
    return compare(list(map(Spent, arm_a)), {by: list(map(Spent, b)) for by, b in arm_b.items()})


def of_method(method: str, runs: Runs) -> dict[str, Any]:
    """The row of a method, in plain data."""
    found = compared(runs)
    arm_a, arm_b = _arms(runs)
    arms = [_arm("a", 1, arm_a, found.arm_a, {})]
    arms += [_arm("b", by, arm_b[by], found.arm_b[by], found.ratios[by]) for by in arm_b]
    budget = min(Spent(run).whole.epochs for run in arm_a)
    for arm, searches in zip(arms, (arm_a, *arm_b.values()), strict=True):
        arm["equal"] = _within(searches, budget)
    return {
        "method": method,
        "measure": "F1" if method == READING else "accuracy",
        "target": round(found.target, 4),
        "best": found.best,
        "cheapest": found.cheapest,
        "budget": budget,
        "ratio": {name: _ratio(found, name) for name in FIGURES},
        "arms": arms,
        "births": [_rounded_row(asdict(row)) for row in births(arm_a)],
        "curves": _curves([("a", 1, arm_a), *(("b", by, arm_b[by]) for by in arm_b)]),
        "measured": arm_a[-1].measured,
        "dates": sorted({run.measured["date"][:10] for run in runs.values()}),
    }


def of_further(runs: Runs, further: Runs) -> dict[str, Any]:
    """The searches in which arm A goes on, beside those of arm B: what was added to the protocol.

    Target, best and cheapest length are arm B's, and so the same as in `of_method`.
    """
    went_on = [further[task] for task in sorted(further, key=attrgetter("seed"))]
    _, arm_b = _arms(runs)
    found = compare(list(map(Spent, went_on)), {by: list(map(Spent, b)) for by, b in arm_b.items()})
    budget = min(Spent(run).whole.epochs for run in went_on)
    return {
        **_arm(FURTHER, 1, went_on, found.arm_a, {}),
        "budget": budget,
        "equal": _within(went_on, budget),
        "others": _within(arm_b[found.best], budget),
        "candidates": max(len(run.trials) for run in went_on),
        "ratio": {"epochs": _ratio(found, "epochs")},
        "curves": _curves([(FURTHER, 1, went_on)]),
    }


def of_generations(runs: Runs, epochs: int) -> list[dict[str, Any]]:
    """The generations of arm A, whose trials train so many epochs, beside B's longest trials."""
    arm_a, arm_b = _arms(runs)
    rows = generations(arm_a, arm_b[max(arm_b)], epochs)
    return [_rounded_row(asdict(row)) for row in rows]


def fewer(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of methods that have not been measured with every seed yet."""
    size, seeds = SIZES[record["size"]], record["seeds"]
    return [
        row for row in record["methods"] if row["seeds"] < extent(row["method"], size, seeds).seeds
    ]


def is_reached(row: Mapping[str, Any]) -> bool:
    """Whether the row of a method reaches the goal, with arm A as often at the target as B."""
    return is_as_often(row) and bool(row["ratio"]["epochs"][0] >= GOAL)


def is_as_often(row: Mapping[str, Any]) -> bool:
    """Whether arm A is at the target as often as arm B at its cheapest length."""
    at_a, at_b = reached(row)
    return at_a >= at_b


def reached(row: Mapping[str, Any]) -> tuple[int, int]:
    """How many searches of arm A, and of arm B at its cheapest length, reach the target."""
    found = {(arm["arm"], arm["length"]): arm["reached"] for arm in row["arms"]}
    return found["a", 1], found["b", row["cheapest"]]


def is_longest(row: Mapping[str, Any]) -> bool:
    """Whether arm B is best at its longest length."""
    return bool(row["best"] == max(arm["length"] for arm in row["arms"]))


def spread(values: Sequence[float]) -> list[float]:
    """Mean and standard deviation; the mean alone of a single value."""
    return _rounded((mean(values), stdev(values)) if len(values) > 1 else values)


def _arms(runs: Runs) -> tuple[list[Run], dict[int, list[Run]]]:
    """The searches of arm A by seed, and those of arm B by length and seed."""
    ordered = sorted(runs, key=lambda task: (task.length, task.seed))
    arm_b: dict[int, list[Run]] = {}
    for task in ordered:
        if task.arm == "b":
            arm_b.setdefault(task.length, []).append(runs[task])
    return [runs[task] for task in ordered if task.arm == "a"], arm_b


def _ratio(found: Comparison, figure: str) -> list[float]:
    """The ratio and the bounds of its interval; the ratio alone if there is one seed."""
    interval = found.intervals[figure]
    return _rounded(interval if len(found.arm_a) > 1 else [interval.value])


def _arm(
    arm: str, length: int, runs: Sequence[Run], costs: Sequence[Cost], ratios: Mapping[str, float]
) -> dict[str, Any]:
    tests = [run.best.test for run in runs if run.best is not None and run.best.test is not None]
    return {
        "arm": arm,
        "length": length,
        "value": spread([run.value for run in runs]),
        "test": spread(tests),
        "reached": sum(cost.reached for cost in costs),
        **{name: spread([getattr(cost, name) for cost in costs]) for name in FIGURES},
        "per_success": _per_success(costs),
        "age": spread([age_of_best(run) for run in runs]),
        "whole": spread([Spent(run).whole.epochs for run in runs]),
        "ratios": {name: round(ratio, 4) for name, ratio in ratios.items()},
    }


def _within(runs: Sequence[Run], epochs: float) -> list[float]:
    """The best values within so many epochs of a search."""
    return spread([Spent(run).best_by(epochs) or 0.0 for run in runs])


def _per_success(costs: Sequence[Cost]) -> float | None:
    """The epochs of all searches for each that reached the target; None if none did."""
    reached = sum(cost.reached for cost in costs)
    return round(sum(cost.epochs for cost in costs) / reached, 4) if reached else None


def _curves(arms: Sequence[tuple[str, int, Sequence[Run]]]) -> list[dict[str, Any]]:
    """The best value so far by epochs and by seconds: mean, lowest and highest over the seeds.

    A curve begins where every search has a value, at 1 epoch or second at the earliest, and ends
    where the first of them ends. Its points are equally far from each other on a logarithmic scale.
    """
    found = []
    for arm, length, runs in arms:
        spent = list(map(Spent, runs))
        for axis, read in (("epochs", Spent.best_by), ("seconds", Spent.best_within)):
            cost = attrgetter("epochs" if axis == "epochs" else "wall")
            end = min(cost(each.whole) for each in spent)
            firsts = [cost(each.first) for each in spent if each.first is not None]
            points = []
            for at in _steps(max(1.0, *firsts), end) if len(firsts) == len(spent) else ():
                values = [value for each in spent if (value := read(each, at)) is not None]
                points.append(_rounded((at, mean(values), min(values), max(values))))
            found.append({"arm": arm, "length": length, "axis": axis, "points": points})
    return found


def _steps(first: float, last: float) -> list[float]:
    """Numbers from `first` to `last`, each the same multiple of the one before."""
    if first >= last:
        return [first]
    by = (last / first) ** (1 / (_POINTS - 1))
    return [*(first * by**step for step in range(_POINTS - 1)), last]


def _rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]


def _rounded_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()
    }

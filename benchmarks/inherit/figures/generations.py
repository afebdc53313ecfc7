"""How good each generation is, beside networks from nothing that were trained as long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.inherit.figures.runs import Run


@dataclass(frozen=True)
class Generation:
    """The candidates with so many ancestors. Numbers are means.

    Args:
        epochs: that they and their ancestors were trained at most.
        trials: how many there are.
        value: their validation accuracy.
        others: that of candidates that start from nothing after as many epochs; None: none trained
            so long.
    """

    epochs: int
    trials: int
    value: float
    others: float | None


def generations(arm_a: Sequence[Run], arm_b: Sequence[Run], epochs: int) -> list[Generation]:
    """The generations of searches whose trials train so many epochs, beside searches from nothing.

    arm_b: of the longest trials. A trial that stopped early counts with the best value that it had.
    """
    found: dict[int, list[float]] = {}
    for run in arm_a:
        for depth, value in _values(run):
            found.setdefault(depth, []).append(value)
    longest = max((report.epochs for run in arm_b for report in run.reports), default=0.0)
    rows = []
    for depth, values in sorted(found.items()):
        trained = depth * epochs
        others = [value for run in arm_b for value in _after(run, trained)]
        is_known = bool(others) and trained <= longest
        rows.append(
            Generation(trained, len(values), mean(values), mean(others) if is_known else None)
        )
    return rows


def _values(run: Run) -> Iterator[tuple[int, float]]:
    """For each trial with a value, how many trials made its weights, and the value."""
    depths: dict[int, int] = {}
    for trial in run.trials:
        depths[trial.id] = 1 + (depths[trial.restored[0]] if trial.restored else 0)
        if trial.value is not None:
            yield depths[trial.id], trial.value


def _after(run: Run, epochs: float) -> list[float]:
    """The best value of each trial within so many epochs."""
    best: dict[int, float] = {}
    for report in run.reports:
        if report.value is not None and report.epochs <= epochs:
            best[report.trial] = max(report.value, best.get(report.trial, report.value))
    return list(best.values())

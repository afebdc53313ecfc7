"""Median stopping: ends a trial whose best is worse than what others had on average."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from statistics import median

from ..objective import Objective
from .interface import Assessor


class MedianStopping(Assessor):
    """The median stopping rule, Golovin et al., Google Vizier, KDD 2017, section 3.2.1.

    A trial is hopeless at step s if its best value by then is strictly worse than the median, over
    the trials that succeeded, of the running average of their values up to step s.

    Args:
        warmup: steps at the start of a trial at which it is never stopped.
        min_trials: how many trials must have succeeded before any is stopped.
    """

    def __init__(self, *, maximize: bool, warmup: int = 1, min_trials: int = 3) -> None:
        if warmup < 0:
            raise ValueError(f"warmup must be at least 0 steps, not {warmup}")
        if min_trials < 1:
            raise ValueError(f"min_trials must be at least 1, not {min_trials}")
        self._objective = Objective(maximize=maximize)
        self._warmup = warmup
        self._min_trials = min_trials
        self._running: dict[int, list[float]] = {}
        self._averages: list[list[float]] = []  # of each success, its running average by step

    def assess(self, trial_id: int, history: Sequence[float]) -> bool:
        """False if the rule calls the trial hopeless."""
        values = [self._objective.score(value) for value in history]
        self._running[trial_id] = values
        step = len(values)
        if step <= self._warmup or len(self._averages) < self._min_trials:
            return True
        return max(values) >= median(
            averages[min(step, len(averages)) - 1] for averages in self._averages
        )

    def trial_end(self, trial_id: int, success: bool) -> None:
        """Takes a success into the comparison."""
        values = self._running.pop(trial_id, [])
        if success and values:
            totals = enumerate(accumulate(values), start=1)
            self._averages.append([total / count for count, total in totals])

"""Median stopping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from statistics import median
from typing import Any

from ..objective import Objective
from .interface import Assessor


class MedianStopping(Assessor):
    """The median stopping rule.

    A trial stops at step s if its best value up to s is strictly worse than the median, over the
    trials that succeeded, of the running average of their values up to step s.

    Golovin et al.: Google Vizier: A Service for Black-Box Optimization, KDD 2017, section 3.2.1,
    https://doi.org/10.1145/3097983.3098043

    Args:
        warmup: number of first steps at which a trial is never stopped. Default: 1.
        min_trials: number of trials that must have succeeded before any is stopped. Default: 3.

    Raises ValueError if `warmup` is below 0 or `min_trials` below 1.
    """

    def __init__(self, *, maximize: bool, warmup: int = 1, min_trials: int = 3) -> None:
        if warmup < 0:
            raise ValueError(f"warmup must be at least 0 steps, not {warmup}")
        if min_trials < 1:
            raise ValueError(f"min_trials must be at least 1, not {min_trials}")
        self._objective = Objective(maximize=maximize)
        self._warmup = warmup
        self._min_trials = min_trials
        self._running: dict[int, list[float]] = {}  # by trial: the scores of its reports
        self._best: dict[int, float] = {}  # by trial: the best of them
        self._averages: list[list[float]] = []  # of each success, its running average by step

    def assess(self, trial_id: int, history: Sequence[float]) -> bool:
        """False if the rule stops the trial."""
        scores = self._running.setdefault(trial_id, [])
        if len(history) != len(scores) + 1:  # another attempt of the trial
            scores[:] = [self._objective.score(value) for value in history[:-1]]
            self._best[trial_id] = max(scores, default=-math.inf)
        scores.append(self._objective.score(history[-1]))
        best = self._best[trial_id] = max(self._best.get(trial_id, -math.inf), scores[-1])
        step = len(scores)
        if step <= self._warmup or len(self._averages) < self._min_trials:
            return True
        return best >= median(averages[min(step, len(averages)) - 1] for averages in self._averages)

    def trial_end(self, trial_id: int, success: bool) -> None:
        """Compare later trials with this one, if it succeeded."""
        values = self._running.pop(trial_id, [])
        self._best.pop(trial_id, None)
        if success and values:
            totals = enumerate(accumulate(values), start=1)
            self._averages.append([total / count for count, total in totals])

    def state(self) -> Any:
        """See Assessor."""
        running = [[trial, self._best[trial], scores] for trial, scores in self._running.items()]
        return {"running": running, "averages": self._averages}

    def load_state(self, state: Any) -> None:
        """See Assessor."""
        self._running = {trial: list(scores) for trial, _, scores in state["running"]}
        self._best = {trial: best for trial, best, _ in state["running"]}
        self._averages = [list(averages) for averages in state["averages"]]

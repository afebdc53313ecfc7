"""Stopping by the extrapolation of learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from ..objective import Objective
from .interface import Assessor

INSTALL = "python -m pip install numpy scipy"


class CurveFitting(Assessor):
    """Stops a trial whose learning curve will probably not reach what another one has reached.

    Eleven models of learning curves are fitted to a trial's reports, and weighted. A trial stops if
    the probability that its value at the last step reaches `threshold` times the best final report
    of a trial that succeeded is below `probability`. Of values below 0, and where a smaller value
    is better, it is the best report made worse by the same share of its size.

    Domhan, Springenberg, Hutter: Speeding up Automatic Hyperparameter Optimization of Deep Neural
    Networks by Extrapolation of Learning Curves, IJCAI 2015. The paper samples the parameters of
    the models too; here only their weights and the noise are sampled. Its threshold is 1.

    An assessment takes some hundredths of a second of the tuner's process.

    Args:
        steps: the number of reports that a trial makes until it ends. Default: 20.
        warmup: number of first steps at which a trial is never stopped. Default: 5.
        gap: number of steps from one assessment to the next. Default: 1.
        threshold: the share of the best that a trial has to reach. Default: 1.
        probability: the probability below which it stops. Default: 0.05, as in the paper.
        seed: of the random numbers. Default: 0.

    Raises ValueError if an argument is out of range, or numpy or scipy is missing.
    """

    def __init__(
        self,
        *,
        maximize: bool,
        steps: int = 20,
        warmup: int = 5,
        gap: int = 1,
        threshold: float = 1.0,
        probability: float = 0.05,
        seed: int = 0,
    ) -> None:
        if steps < 1 or warmup < 0 or gap < 1:
            raise ValueError("steps and gap must be at least 1, and warmup at least 0")
        if not threshold > 0:
            raise ValueError(f"threshold must be above 0, not {threshold}")
        if not 0 < probability < 1:
            raise ValueError(f"probability must be between 0 and 1, not {probability}")
        if missing := [package for package in ("numpy", "scipy") if find_spec(package) is None]:
            raise ValueError(f"curve_fitting needs {' and '.join(missing)}: {INSTALL}")
        self._objective = Objective(maximize=maximize)
        self._steps, self._warmup, self._gap = steps, warmup, gap
        self._threshold, self._probability, self._seed = threshold, probability, seed
        self._last: dict[int, float] = {}  # by trial: the score of its last report
        self._best: float | None = None  # the best of these of the trials that succeeded

    def assess(self, trial_id: int, history: Sequence[float]) -> bool:
        """False if the trial will probably not be good enough."""
        step = len(history)
        self._last[trial_id] = self._objective.score(history[-1])
        if self._best is None or not self._warmup < step < self._steps:
            return True
        if (step - self._warmup - 1) % self._gap:
            return True
        from .curves.extrapolate import predict  # numpy and scipy take half a second

        samples = predict(
            [self._objective.score(value) for value in history], self._steps, self._seed
        )
        if samples is None:
            return True
        wanted = self._best - (1 - self._threshold) * abs(self._best)
        return float((samples >= wanted).mean()) >= self._probability

    def trial_end(self, trial_id: int, success: bool) -> None:
        """Compare later trials with this one, if it succeeded."""
        last = self._last.pop(trial_id, None)
        if success and last is not None and (self._best is None or last > self._best):
            self._best = last

    def state(self) -> Any:
        """See Assessor."""
        return {"last": list(map(list, self._last.items())), "best": self._best}

    def load_state(self, state: Any) -> None:
        """See Assessor."""
        self._last = dict(state["last"])
        self._best = state["best"]

"""The result of a trial, as the tuner observes it."""

from __future__ import annotations

from typing import Any

from controller.core.model import Trial
from heirloom.objective import Objectives


def result_of(trial: Trial, objectives: Objectives) -> dict[str, Any]:
    """The fields of `heirloom.tuners.Result`, in plain JSON values."""
    return {
        "trial_id": trial.id,
        "state": str(trial.state),
        "value": trial.value,
        "values": dict(objectives.values(trial.value, trial.values)),
        "params": trial.params,
        "parents": list(trial.parents),
        "result": trial.result,
        "weights": trial.weights,
        "last": trial.attempts[-1].last if trial.attempts else None,
        "parameter_id": trial.token,
        "imported": trial.origin is not None,
        "restored": list(trial.restored),
        "metrics": _metrics(trial),
        "reason": trial.reason,
    }


def _metrics(trial: Trial) -> dict[str, float]:
    """The latest number of each name, of the reports and of the result."""
    reported = trial.attempts[-1].metrics if trial.attempts else {}
    result = trial.result if isinstance(trial.result, dict) else {}
    return {
        name: number
        for name, number in {**reported, **result}.items()
        if isinstance(number, int | float) and not isinstance(number, bool)
    }

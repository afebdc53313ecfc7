"""What the tuner is told of a trial's end."""

from __future__ import annotations

from typing import Any

from controller.core.model import Trial


def result_of(trial: Trial) -> dict[str, Any]:
    """What the tuner is told of a trial's end (`heirloom.tuners.Result`)."""
    return {
        "trial_id": trial.id,
        "state": str(trial.state),
        "value": trial.value,
        "params": trial.params,
        "parents": list(trial.parents),
        "result": trial.result,
        "weights": trial.weights,
        "last": trial.attempts[-1].last if trial.attempts else None,
        "parameter_id": trial.parameter_id,
    }

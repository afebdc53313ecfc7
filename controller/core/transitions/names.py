"""Names that trials have in common: each is in memory once."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from controller.core.model import Trial


def share_names(trial: Trial) -> None:
    """Replace the names of params, results, metrics and nodes by equal ones of other trials.

    Each event has names of its own, which are a quarter of the memory of many trials.
    """
    trial.params, trial.values = _with_shared_keys(trial.params), _with_shared_keys(trial.values)
    trial.seconds = _with_shared_keys(trial.seconds)
    if type(trial.result) is dict:
        trial.result = _with_shared_keys(trial.result)
    for attempt in trial.attempts:
        attempt.node = _shared(attempt.node)
        attempt.metrics = _with_shared_keys(attempt.metrics)


def _with_shared_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_shared(key): value for key, value in values.items()}


@functools.lru_cache(maxsize=10_000)
def _shared(name: str) -> str:
    """The first of equal names."""
    return name

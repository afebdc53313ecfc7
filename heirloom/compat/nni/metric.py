"""Convert a metric from what a trial reports to JSON types."""

from __future__ import annotations

import math
from typing import Any, Optional

from heirloom.store.json_limits import finite


def plain(metric: Any) -> Any:
    """The metric in JSON types: numpy scalars as numbers, arrays and tensors as lists.

    Raises TypeError for types that JSON cannot represent, ValueError for infinities and NaN.
    """
    if isinstance(metric, dict):
        return {_key(key): plain(value) for key, value in metric.items()}
    if isinstance(metric, (list, tuple)):
        return [plain(value) for value in metric]
    if metric is None or isinstance(metric, (str, bool)):
        return metric
    unwrap = getattr(metric, "tolist", None) or getattr(metric, "item", None)
    if callable(unwrap):
        return plain(unwrap())
    if isinstance(metric, int):
        return metric
    if not isinstance(metric, float) and hasattr(metric, "__float__"):
        metric = float(metric)
    if not isinstance(metric, float):
        raise TypeError(
            f"a metric must be a number, or consist of numbers, strings, lists and dictionaries, "
            f"not {metric!r:.60} ({type(metric).__name__})"
        )
    if not math.isfinite(metric):
        raise ValueError(f"a metric must be finite, not {metric}: report another number, or none")
    return metric


def number(metric: Any) -> Optional[float]:
    """The number in a converted metric: itself, or under `default`; None if there is none."""
    if isinstance(metric, dict):
        metric = metric.get("default")
    if isinstance(metric, bool):
        return int(metric)
    return metric if finite(metric) else None


def _key(key: Any) -> Any:
    item = getattr(key, "item", None)
    return item() if callable(item) else key

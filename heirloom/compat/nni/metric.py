"""Convert a metric from what a trial reports to JSON types."""

from __future__ import annotations

import math
from typing import Any, Optional

from heirloom.store.limits.values import finite


def plain(metric: Any) -> Any:
    """The metric in JSON types: numpy scalars as numbers, arrays and tensors as lists.

    JSON has no infinities and no NaN. Beside the number that counts they become text: `NaN`,
    `Infinity`, `-Infinity`. Raises TypeError for types that JSON cannot represent, ValueError if
    the number that counts (see `number`) is not finite.
    """
    found = _plain(metric)
    counts = found.get("default") if isinstance(found, dict) else found
    if isinstance(counts, float) and not math.isfinite(counts):
        raise ValueError(f"a metric must be finite, not {counts}: report another number, or none")
    return _finite(found)


def number(metric: Any) -> Optional[float]:
    """The number in a converted metric: itself, or under `default`; None if there is none."""
    if isinstance(metric, dict):
        metric = metric.get("default")
    if isinstance(metric, bool):
        return int(metric)
    return metric if finite(metric) else None


def without_number(metric: Any) -> str:
    """The message about a converted metric that has no number; empty if it has one."""
    if number(metric) is not None:
        return ""
    hint = "report a number, or a dictionary whose 'default' is a number"
    if isinstance(metric, dict) and "default" not in metric:
        return f"a dictionary without 'default' is no number: {hint}"
    counts = metric["default"] if isinstance(metric, dict) else metric
    return f"{counts!r:.60} ({type(counts).__name__}) is no number: {hint}"


def _plain(metric: Any) -> Any:
    """The metric in JSON types, with infinities and NaN."""
    if isinstance(metric, dict):
        return {_key(key): _plain(value) for key, value in metric.items()}
    if isinstance(metric, (list, tuple)):
        return [_plain(value) for value in metric]
    if metric is None or isinstance(metric, (str, bool)):
        return metric
    unwrap = getattr(metric, "tolist", None) or getattr(metric, "item", None)
    if callable(unwrap):
        return _plain(unwrap())
    if isinstance(metric, int):
        return metric
    if not isinstance(metric, float) and hasattr(metric, "__float__"):
        metric = float(metric)
    if not isinstance(metric, float):
        raise TypeError(
            f"a metric must be a number, or consist of numbers, strings, lists and dictionaries, "
            f"not {metric!r:.60} ({type(metric).__name__})"
        )
    return metric


def _finite(value: Any) -> Any:
    """The value with text in place of infinities and NaN."""
    if isinstance(value, dict):
        return {_finite(key): _finite(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _key(key: Any) -> Any:
    item = getattr(key, "item", None)
    return item() if callable(item) else key

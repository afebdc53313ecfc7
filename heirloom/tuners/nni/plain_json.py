"""Converts parameters to plain JSON, and finds the reported value of a result."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

METRIC = "nni"  # the key of a trial's result that holds the metric as the trial reported it


def final_value(value: float | None, result: Any) -> Any:
    """A trial's final value as the trial reported it; None if it reported none."""
    return result[METRIC] if isinstance(result, Mapping) and METRIC in result else value


def plain(value: Any, path: str = "params") -> Any:
    """Convert a value to plain JSON, including numpy's numbers and arrays. Raises TypeError."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{path} is {value}: parameters must be finite")
        return float(value)
    if isinstance(value, Mapping):
        return {_key(key, path): plain(inner, f"{path}[{key!r}]") for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, f"{path}[{index}]") for index, inner in enumerate(value)]
    for name in ("tolist", "item"):  # numpy's arrays and scalars, and tensors
        to_python = getattr(value, name, None)
        if callable(to_python) and type(converted := to_python()) is not type(value):
            return plain(converted, path)
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    raise TypeError(f"{path} is a {kind}, which cannot be written as JSON")


def plain_params(value: Any) -> dict[str, Any]:
    """Convert a trial's parameters to plain JSON. Raises TypeError unless they are a mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(
            f"parameters must be a dict, not {type(value).__name__} (raise nni.NoMoreTrialError "
            "if there is nothing to propose)"
        )
    found: dict[str, Any] = plain(value)
    return found


def _key(key: Any, path: str) -> str:
    """A key as json.dumps writes it."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    key = plain(key, f"a key of {path}")
    if isinstance(key, (int, float)):
        return str(key)
    raise TypeError(f"{path} has the key {key!r}: keys must be text or numbers")

"""Parameters as plain JSON, and results as they were reported."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

METRIC = "nni"  # the key of a trial's result under which its metric stands as it was reported


def final_value(value: float | None, result: Any) -> Any:
    """A trial's final value as it was reported; None where none was."""
    return result[METRIC] if isinstance(result, Mapping) and METRIC in result else value


def plain(value: Any, place: str = "params") -> Any:
    """The same in plain JSON, numbers and arrays of numpy's included. Raises TypeError."""
    if value is None or isinstance(value, (bool, str, int)):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise TypeError(f"{place} is {value}: parameters must be finite")
        return float(value)
    if isinstance(value, Mapping):
        return {_key(key, place): plain(inner, f"{place}[{key!r}]") for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
    for name in ("tolist", "item"):  # of numpy's arrays and scalars, and of tensors
        as_python = getattr(value, name, None)
        if callable(as_python) and type(made := as_python()) is not type(value):
            return plain(made, place)
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    raise TypeError(f"{place} is a {kind}, which cannot be written as JSON")


def plain_params(value: Any) -> dict[str, Any]:
    """A trial's parameters. Raises TypeError for what is no mapping."""
    if not isinstance(value, Mapping):
        raise TypeError(
            f"parameters must be a dict, not {type(value).__name__} (raise nni.NoMoreTrialError "
            "where there is nothing to propose)"
        )
    found: dict[str, Any] = plain(value)
    return found


def _key(key: Any, place: str) -> str:
    """As json.dumps writes it."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    key = plain(key, f"a key of {place}")
    if isinstance(key, (int, float)):
        return str(key)
    raise TypeError(f"{place} has the key {key!r}: keys must be text or numbers")

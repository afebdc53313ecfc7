"""Params by label, and values as messages show them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..space.forms import NAME
from .errors import NasError


def flatten(params: Mapping[str, Any]) -> dict[str, Any]:
    """Params by label: a nested option `{"_name": "conv", "kernel": 3}` becomes its name.

    The parameters within it come beside it. Raises NasError for a label with two values.
    """
    flat: dict[str, Any] = {}
    for label, found in _flattened(params):
        if label in flat and not is_same(flat[label], found):
            raise NasError(f"the params have two values of {label!r}")
        flat[label] = found
    return flat


def _flattened(params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for label, found in params.items():
        if label == NAME:
            continue
        if isinstance(found, Mapping) and NAME in found:
            yield label, found[NAME]
            yield from _flattened(found)
        else:
            yield label, found


def is_same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON (true is not 1)."""
    return json.dumps(one) == json.dumps(other)


def listed(options: Sequence[Any]) -> str:
    """Values as a message lists them."""
    return ", ".join(json.dumps(option) for option in options)

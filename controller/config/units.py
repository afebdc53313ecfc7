"""Durations and sizes as people write them: `90`, `10m`, `1h30m`; `64MB`."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ByteSize, TypeAdapter, ValidationError

from heirloom.store.limits.values import finite

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[dhms])\s*")
_BYTES = TypeAdapter(ByteSize)


def seconds(value: Any) -> float:
    """Parse a duration: a number of seconds, or text such as `1h30m`. Raises ValueError."""
    if isinstance(value, str) and value and not _PART.sub("", value):
        value = sum(float(number) * SECONDS[unit] for number, unit in _PART.findall(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a duration such as 90 (seconds), 10m or 1h30m, not {value!r}")
    if not finite(value) or value <= 0:
        raise ValueError(f"must be a duration above 0, not {value!r}")
    return float(value)


def size(value: Any) -> int:
    """Parse a size: a number of bytes, or text such as `64MB` or `1GiB`. Raises ValueError."""
    found = value
    if isinstance(value, str):
        try:
            found = int(_BYTES.validate_python(value))
        except ValidationError:
            found = None
    if isinstance(found, bool) or not isinstance(found, int):
        raise ValueError(f"must be a size such as 65536 (bytes), 64MB or 1GiB, not {value!r}")
    if found < 1:
        raise ValueError(f"must be a size above 0, not {value!r}")
    return found

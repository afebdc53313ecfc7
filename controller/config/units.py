"""Durations and sizes as people write them: `90`, `10m`, `1h30m`; `64MB`."""

from __future__ import annotations

import math
import re
from typing import Any

SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
BYTES = {"": 1, "B": 1} | {
    f"{prefix}{suffix}": base**power
    for suffix, base in (("B", 1000), ("iB", 1024))
    for power, prefix in enumerate("KMGT", start=1)
}

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[dhms])\s*")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


def seconds(value: Any) -> float:
    """Seconds in a duration: a number of them, or text such as `1h30m`. Raises ValueError."""
    if isinstance(value, str) and value and not _PART.sub("", value):
        value = sum(float(number) * SECONDS[unit] for number, unit in _PART.findall(value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a duration such as 90 (seconds), 10m or 1h30m, not {value!r}")
    if not math.isfinite(value) or value <= 0:
        raise ValueError(f"must be a duration above 0, not {value!r}")
    return float(value)


def size(value: Any) -> int:
    """Bytes in a size: a number of them, or text such as `64MB` or `1GiB`. Raises ValueError."""
    if isinstance(value, str) and (match := _SIZE.fullmatch(value.strip())):
        units = {unit.lower(): factor for unit, factor in BYTES.items()}
        factor = units.get(match[2].lower())
        value = value if factor is None else round(float(match[1]) * factor)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"must be a size such as 65536 (bytes), 64MB or 1GiB, not {value!r}")
    if value < 1:
        raise ValueError(f"must be a size above 0, not {value!r}")
    return value

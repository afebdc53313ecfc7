"""What may pass from a trial's JSON into everybody's: finite numbers, not nested without end."""

from __future__ import annotations

import math
from typing import Any

DEPTH_LIMIT = 100  # what others parse it with recurses


def finite(value: Any) -> bool:
    """Whether this is a number, and no infinity, NaN or integer beyond every float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def shallow(value: Any, limit: int = DEPTH_LIMIT) -> bool:
    """Whether lists and objects are nested at most `limit` deep."""
    level = [value]
    for _ in range(limit + 1):
        inner = [item for item in level if isinstance(item, (dict, list))]
        if not inner:
            return True
        level = [
            held for item in inner for held in (item.values() if isinstance(item, dict) else item)
        ]
    return False

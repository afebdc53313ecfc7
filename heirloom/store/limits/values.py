"""Limits for JSON that a trial wrote: finite numbers, and a limited depth."""

from __future__ import annotations

import math
from typing import Any

DEPTH_LIMIT = 100  # JSON parsers recurse


def finite(value: Any) -> bool:
    """Whether `value` is a number that a finite float can represent. False for booleans."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def shallow(value: Any, limit: int = DEPTH_LIMIT) -> bool:
    """Whether lists and objects are nested at most `limit` levels deep."""
    level = [value]
    for _ in range(limit + 1):
        inner = [item for item in level if isinstance(item, (dict, list))]
        if not inner:
            return True
        level = [
            held for item in inner for held in (item.values() if isinstance(item, dict) else item)
        ]
    return False

"""The rewards of samples, as an evaluation reports them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ....store.limits.values import finite

Rewards = Sequence[Optional[float]]  # None: NaN or infinite, which JSON does not have


def read(result: Any, count: int) -> Optional[Rewards]:
    """The rewards in a trial's result; None if there are not as many as `count`."""
    found = result.get("rewards") if isinstance(result, Mapping) else None
    if not isinstance(found, list) or len(found) != count or not all(map(_is_reward, found)):
        return None
    return [each if finite(each) else None for each in found]


def _is_reward(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and not isinstance(value, bool))

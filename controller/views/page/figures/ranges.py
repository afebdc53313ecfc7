"""The range of an axis: where the values are, whatever a few of them that are far off."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import quantiles

from heirloom.objective import Objective

_FAR = 3.0  # interquartile ranges beyond a quartile, from where a value is far off (Tukey, 1977)
_FEW = 4  # values, fewer of which have no outlier
_SHARE = 3.0  # values that are far off are shown while the range is at most so much wider
_MARGIN = 0.05  # of the range, at both ends


def near(values: Iterable[float], objective: Objective | None = None) -> tuple[float, float]:
    """The lowest and the highest of the finite values that are not far off; (0, 1) without a value.

    With an objective its best value is never far off.
    """
    known = sorted(values)
    if not known:
        return 0.0, 1.0
    low, high = known[0], known[-1]
    width = high - low
    if len(known) >= _FEW:
        first, _, third = quantiles(known, n=4, method="inclusive")
        spread = (third - first) or _middle(known)
        if objective is None or objective.maximize:
            low = next(value for value in known if value >= first - _FAR * spread)
        if objective is None or not objective.maximize:
            high = next(value for value in reversed(known) if value <= third + _FAR * spread)
    return (low, high) if width > _SHARE * (high - low) else (known[0], known[-1])


def axis(values: Iterable[float], objective: Objective | None = None) -> list[float]:
    """The range of an axis that shows the values that are not far off, with a margin."""
    low, high = near(values, objective)
    room = (high - low) * _MARGIN or abs(low) * _MARGIN or 1.0
    return [low - room, high + room]


def _middle(known: list[float]) -> float:
    """The width of the middle 80 %, where the middle half is one value."""
    tenth = len(known) // 10
    return known[-1 - tenth] - known[tenth]

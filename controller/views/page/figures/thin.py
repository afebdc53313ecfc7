"""Fewer points of a learning curve, for a small picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Points = Sequence[tuple[int, float]]


def columns(points: Points, limit: int) -> dict[str, Any]:
    """A curve as `steps` and `values`, with about `limit` points."""
    kept = thinned(points, limit)
    return {"steps": [step for step, _ in kept], "values": [value for _, value in kept]}


def thinned(points: Points, limit: int) -> Points:
    """The smallest and the largest value of each of limit / 2 parts, the first and the last."""
    if len(points) <= limit:
        return points
    parts = max(1, limit // 2)
    kept = {0, len(points) - 1}
    for part in range(parts):
        start, end = len(points) * part // parts, len(points) * (part + 1) // parts
        kept.add(min(range(start, end), key=lambda at: points[at][1]))
        kept.add(max(range(start, end), key=lambda at: points[at][1]))
    return [points[at] for at in sorted(kept)]

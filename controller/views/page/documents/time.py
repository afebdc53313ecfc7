"""How long trials took, by what they were doing."""

from __future__ import annotations

from statistics import median
from typing import Any

from controller.views.page.figures.durations import activities, durations
from controller.views.page.source import Source, finite


def document(source: Source) -> dict[str, Any]:
    """The picture of the durations, and for each activity its seconds in numbers.

    `lookahead` is time on a node whose slots were all taken, which delays nothing; `waiting` is
    time for which a slot was free and the trial waited for a parent or for its start.
    """
    rows = []
    for name in activities(source):
        times = [finite(spent[name]) or 0.0 for spent in source.seconds.values() if name in spent]
        rows.append(
            {
                "activity": name,
                "total": sum(times),
                "median": median(times),
                "longest": max(times),
            }
        )
    return {"figure": durations(source), "activities": rows}

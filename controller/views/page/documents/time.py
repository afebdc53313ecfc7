"""How long trials took, by what they were doing, and for what they waited."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Any

from controller.views.page.durations import waiting
from controller.views.page.figures.durations import activities, durations
from controller.views.page.source import Source, finite


def document(source: Source) -> dict[str, Any]:
    """The picture of the durations, and seconds in numbers, by activity and by cause of waiting.

    The activities are what nodes measured. `lookahead` is time on a node whose slots were all
    taken, which delays nothing; `waiting` is time for which a slot was free and the trial waited
    for a parent or for its start. `waits` tells apart the whole time from proposal to start.
    """
    causes = waiting.causes(source.by_id.values(), source.places)
    names = (waiting.PARENT, waiting.SLOT, waiting.ANSIBLE) if causes else ()
    return {
        "figure": durations(source),
        "activities": _rows(activities(source), source.seconds.values()),
        "waits": _rows(names, causes.values()),
    }


def _rows(names: Iterable[str], found: Iterable[Mapping[str, float]]) -> list[dict[str, Any]]:
    """For each name its total, median and longest seconds."""
    known = list(found)
    rows = []
    for name in names:
        times = [finite(spent[name]) or 0.0 for spent in known if name in spent]
        rows.append(
            {"name": name, "total": sum(times), "median": median(times), "longest": max(times)}
        )
    return rows

"""The plot of how long trials took, by what they were doing."""

from __future__ import annotations

from statistics import fmean

from controller.views.page.figures.hover import short
from controller.views.page.figures.palette import (
    BLUE,
    GREEN,
    GREY,
    LEGEND,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    Figure,
)
from controller.views.page.source import Source, finite

_COLOURS = {
    "lookahead": PALE,
    "waiting": GREY,
    "preparing": GREEN,
    "verifying": PURPLE,
    "running": BLUE,
    "committing": ORANGE,
}
_OTHERS = (SKY, GREEN)
_BARS = 150  # at most: beyond that a bar is the mean of neighbouring trials


def durations(data: Source) -> Figure | None:
    """Seconds of each trial by activity, as bars. None where they are not known."""
    known = [trial for trial in data.by_id if data.seconds.get(trial)]
    if not known:
        return None
    size = -(-len(known) // _BARS)
    groups = [known[start : start + size] for start in range(0, len(known), size)]
    middles = [(group[0] + group[-1]) / 2 for group in groups]
    names = [f"trials {group[0]} to {group[-1]}" for group in groups]
    if size == 1:
        names = [f"trial {trial}" for trial in known]
    traces: list[Figure] = []
    for number, activity in enumerate(activities(data)):
        means = [
            fmean(finite(data.seconds[trial].get(activity)) or 0.0 for trial in group)
            for group in groups
        ]
        traces.append(
            {
                "type": "bar",
                "name": short(activity),
                "x": middles,
                "y": means,
                "text": names,
                "textposition": "none",
                "hovertemplate": f"%{{text}}<br>{short(activity)}: %{{y:.3g}} s<extra></extra>",
                "marker": {"color": _COLOURS.get(activity, _OTHERS[number % len(_OTHERS)])},
            }
        )
    layout = {
        "height": 360,
        "barmode": "stack",
        "bargap": 0.1,
        "xaxis": {"title": {"text": "trial"}},
        "yaxis": {"title": {"text": "seconds" if size == 1 else "seconds, mean"}},
        "legend": LEGEND,
    }
    return {"data": traces, "layout": layout}


def activities(data: Source) -> list[str]:
    """The activities that trials spent time on, in the order in which they happen."""
    found = {name for spent in data.seconds.values() for name in spent}
    return [name for name in _COLOURS if name in found] + sorted(found - set(_COLOURS))

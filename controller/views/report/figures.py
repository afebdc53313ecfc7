"""Plots of results over time, of learning curves, and of durations.

The page sets the colours of text, grid and background, because they depend on its colour scheme.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from controller.core.model import State
from controller.views.report.data import ReportData, finite
from controller.views.report.hover import hover, short
from controller.views.report.palette import (
    BLUE,
    GREEN,
    GREY,
    LEGEND,
    ORANGE,
    PURPLE,
    SKY,
    Figure,
    kind,
)

_ACTIVITIES = ("preparing", "waiting", "verifying", "running", "committing")
_BAR_COLOURS = (GREY, PURPLE, BLUE, ORANGE, GREEN, SKY)
_CURVE_POINTS = 60_000  # of all learning curves together
_BARS = 150  # at most: beyond that a bar is the mean of neighbouring trials


def best_so_far(data: ReportData) -> Figure | None:
    """Each result at the time of its trial's end, and the best so far. None without a result."""
    ended = sorted(
        (trial.ended_at - data.started_at, trial.id, value)
        for trial in data.trials
        if trial.state is State.SUCCEEDED and trial.ended_at is not None
        if (value := finite(trial.value)) is not None
    )
    if not ended:
        return None
    unit, name = _unit(ended[-1][0])
    times = [after / unit for after, _, _ in ended]
    values = [value for _, _, value in ended]
    records = data.objective.best_so_far(values)
    results: Figure = {
        "type": kind(len(ended)),
        "mode": "markers",
        "name": "result",
        "x": times,
        "y": values,
        "customdata": [trial for _, trial, _ in ended],
        "text": [hover(data.by_id[trial]) for _, trial, _ in ended],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {"color": SKY, "size": 7},
    }
    best: Figure = {
        "type": kind(len(ended)),
        "mode": "lines",
        "name": "best so far",
        "x": times,
        "y": records,
        "line": {"shape": "hv", "color": ORANGE, "width": 3},
        "hoverinfo": "skip",
    }
    layout = {
        "height": 360,
        "hovermode": "closest",
        "xaxis": {"title": {"text": f"{name} since the start"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": data.objective.name}, "range": data.axis},
        "legend": LEGEND,
    }
    return {"data": [results, best], "layout": layout}


def learning(data: ReportData) -> Figure | None:
    """The values that each trial reported, by step. None where no trial reported any.

    Where there are more points than a browser draws quickly, every n-th trial is shown.
    """
    known = [trial for trial in data.by_id.values() if data.curves.get(trial.id)]
    if not known:
        return None
    points = sum(len(data.curves[trial.id]) for trial in known)
    drawn = known[:: -(-points // _CURVE_POINTS)]
    groups = [
        ("from nothing", ORANGE, 1, [trial.id for trial in drawn if not trial.restore]),
        ("from a parent's weights", SKY, 1, [trial.id for trial in drawn if trial.restore]),
        ("best", GREEN, 4, [data.best.id] if data.best and data.best in known else []),
    ]
    traces = [
        _curves(data, name, colour, width, trials)
        for name, colour, width, trials in groups
        if trials
    ]
    layout = {
        "height": 420,
        "hovermode": "closest",
        "xaxis": {"title": {"text": "step"}},
        "yaxis": {"title": {"text": "reported value"}},
        "legend": LEGEND,
    }
    left_out = len(known) - len(drawn)
    note = f"{left_out} of {len(known)} curves are left out, evenly." if left_out else ""
    return {"data": traces, "layout": layout, "note": note}


def _curves(data: ReportData, name: str, colour: str, width: int, trials: Sequence[int]) -> Figure:
    """Many curves as one trace, with gaps between them."""
    x: list[int | None] = []
    y: list[float | None] = []
    of: list[int | None] = []
    for trial in trials:
        for step, value in data.curves[trial]:
            x.append(step)
            y.append(finite(value))
            of.append(trial)
        x.append(None)
        y.append(None)
        of.append(None)
    return {
        "type": kind(len(x) // 10),
        "mode": "lines+markers" if len(x) <= 2 * len(trials) else "lines",
        "name": name,
        "x": x,
        "y": y,
        "customdata": of,
        "hovertemplate": "trial %{customdata}, step %{x}: %{y}<extra></extra>",
        "line": {"color": colour, "width": width},
        "opacity": 1.0 if width > 1 else 0.7,
    }


def durations(data: ReportData) -> Figure | None:
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
                "marker": {"color": _BAR_COLOURS[number % len(_BAR_COLOURS)]},
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


def activities(data: ReportData) -> list[str]:
    """The activities that trials spent time on, in the order in which they happen."""
    found = {name for spent in data.seconds.values() for name in spent}
    return [name for name in _ACTIVITIES if name in found] + sorted(found - set(_ACTIVITIES))


def _unit(seconds: float) -> tuple[float, str]:
    """A unit for times up to `seconds`: its length in seconds, and its name."""
    if seconds < 300:
        return 1.0, "seconds"
    return (60.0, "minutes") if seconds < 18_000 else (3600.0, "hours")

"""The plot of results over time."""

from __future__ import annotations

from controller.core.model import State
from controller.views.report.data import ReportData, finite
from controller.views.report.figures.hover import hover
from controller.views.report.figures.palette import LEGEND, ORANGE, SKY, Figure, kind


def best_so_far(data: ReportData) -> Figure | None:
    """Each result at the time of its trial's end, and the best so far. None without a result.

    The best is that of the candidates; trials that are none have a marker alone.
    """
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
    candidates = [(at, trial, value) for at, trial, value in ended if data.by_id[trial].candidate]
    records = data.objective.best_so_far(value for _, _, value in candidates)
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
        "x": [after / unit for after, _, _ in candidates],
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
    return {"data": [results, best] if candidates else [results], "layout": layout}


def _unit(seconds: float) -> tuple[float, str]:
    """A unit for times up to `seconds`: its length in seconds, and its name."""
    if seconds < 300:
        return 1.0, "seconds"
    return (60.0, "minutes") if seconds < 18_000 else (3600.0, "hours")

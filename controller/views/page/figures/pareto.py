"""The plot of the results by two objectives, with the Pareto front."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from controller.core.model import State, Trial
from controller.core.ranking import standing_of
from controller.views.page.figures.hover import hover
from controller.views.page.figures.palette import GREY, LEGEND, ORANGE, SKY, Figure
from controller.views.page.source import Source
from heirloom.objective import Front, Objective, Standing

_STYLES = {
    "dominated": {"color": SKY, "size": 7},
    "out of bounds": {"color": GREY, "size": 7, "symbol": "x"},
    "front": {"color": ORANGE, "size": 12, "symbol": "diamond"},
}


def pareto(data: Source) -> Figure | None:
    """A marker for each result, and a line. None without two objectives, or without a result.

    The line is the border of what the results within bounds dominate in the two objectives of the
    picture. The markers show the front of all objectives. `pairs` has the coordinates of each trace
    for each pair of objectives, for the page's switch.
    """
    groups = _groups(data)
    pairs = list(combinations(data.objectives.objectives, 2))
    if not pairs or not groups:
        return None
    views = [_view(data, groups, one, other) for one, other in pairs]
    traces: list[Figure] = [
        {
            "mode": "lines",
            "name": "border",
            "line": {"color": ORANGE, "width": 2, "shape": views[0]["shape"]},
            "hoverinfo": "skip",
        }
    ]
    for name, trials in groups.items():
        traces.append(
            {
                "mode": "markers",
                "name": name,
                "marker": _STYLES[name],
                "text": [hover(trial) for trial in trials],
                "customdata": [trial.id for trial in trials],
                "hovertemplate": "%{text}<extra></extra>",
            }
        )
    for number, trace in enumerate(traces):
        trace["type"] = "scatter"
        trace.update(x=views[0]["x"][number], y=views[0]["y"][number])
    layout = {
        "height": 460,
        "hovermode": "closest",
        "xaxis": {"title": {"text": views[0]["names"][0]}},
        "yaxis": {"title": {"text": views[0]["names"][1]}},
        "legend": LEGEND,
    }
    return {"data": traces, "layout": layout, "pairs": views}


def _groups(data: Source) -> dict[str, list[Trial]]:
    """The results that have every value, in three groups; without those that are empty."""
    groups: dict[str, list[Trial]] = {name: [] for name in _STYLES}
    front = set(data.front.ids)
    for trial in data.by_id.values():
        standing = standing_of(trial, data.objectives)
        if trial.state is not State.SUCCEEDED or standing is None:
            continue
        inside = "front" if trial.id in front else "dominated"
        groups["out of bounds" if standing.violation > 0 else inside].append(trial)
    return {name: trials for name, trials in groups.items() if trials}


def _view(
    data: Source, groups: dict[str, list[Trial]], one: Objective, other: Objective
) -> dict[str, Any]:
    """The coordinates of the line and of each group, by two objectives."""
    inside = [
        trial for name, trials in groups.items() if name != "out of bounds" for trial in trials
    ]
    pair = Front()
    for trial in inside:
        scores = one.score(trial.values[one.name]), other.score(trial.values[other.name])
        pair.add(trial.id, Standing(0.0, scores))
    line = sorted((data.by_id[trial] for trial in pair.ids), key=lambda t: t.values[one.name])
    lines = [line, *groups.values()]
    return {
        "names": [one.name, other.name],
        "shape": "vh" if one.maximize else "hv",
        "x": [[trial.values[one.name] for trial in trials] for trials in lines],
        "y": [[trial.values[other.name] for trial in trials] for trials in lines],
    }

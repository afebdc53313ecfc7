"""The plot of the results by two objectives, with the Pareto front."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from controller.core.model import State, Trial
from controller.core.ranking import standing_of
from controller.views.page.figures.hover import hover, short
from controller.views.page.figures.palette import GREY, LEGEND, ORANGE, SKY, Figure
from controller.views.page.figures.thinning import thinned
from controller.views.page.source import Source
from heirloom.objective import Front, Objective, Standing

_STYLES = {
    "dominated": {"color": SKY, "size": 7},
    "out of bounds": {"color": GREY, "size": 7, "symbol": "x"},
    "front": {"color": ORANGE, "size": 12, "symbol": "diamond"},
}
_MARKERS = {"dominated": 2_000, "out of bounds": 1_000, "front": 5_000}  # at most


def pareto(data: Source) -> Figure | None:
    """A marker for each result, and a line. None without two objectives, or without a result.

    The line is the border of what the results within bounds dominate in the two objectives of the
    picture. The markers show the front of all objectives. With several pairs of objectives, `views`
    has the coordinates and the line of each trace, and `axes` the axes, for the page's switch.
    """
    found = _groups(data)
    groups = {name: thinned(trials, _MARKERS[name]) for name, trials in found.items()}
    left_out = sum(map(len, found.values())) - sum(map(len, groups.values()))
    pairs = list(combinations(data.objectives.objectives, 2))
    if not pairs or not groups:
        return None
    views = {f"{one.name}, {other.name}": _view(data, groups, one, other) for one, other in pairs}
    first = next(iter(views.values()))
    axes = {
        f"{one.name}, {other.name}": {
            "xaxis": {"title": {"text": short(one.name)}},
            "yaxis": {"title": {"text": short(other.name)}},
        }
        for one, other in pairs
    }
    traces: list[Figure] = [
        {
            "mode": "lines",
            "name": "border",
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
        trace.update({key: each[number] for key, each in first.items()})
    layout = {
        "height": 460,
        "hovermode": "closest",
        "legend": LEGEND,
        **next(iter(axes.values())),
    }
    note = f"{left_out} of the results that are not on the front are left out, evenly."
    figure: Figure = {"data": traces, "layout": layout, "note": note if left_out else ""}
    return figure | {"views": views, "axes": axes} if len(pairs) > 1 else figure


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
    """By key, what each trace has of it: the border of two objectives, and each group."""
    inside = [
        trial for name, trials in groups.items() if name != "out of bounds" for trial in trials
    ]
    pair = Front()
    for trial in inside:
        scores = one.score(trial.values[one.name]), other.score(trial.values[other.name])
        pair.add(trial.id, Standing(0.0, scores))
    line = sorted((data.by_id[trial] for trial in pair.ids), key=lambda t: t.values[one.name])
    lines = [line, *groups.values()]
    border = {"color": ORANGE, "width": 2, "shape": "vh" if one.maximize else "hv"}
    return {
        "line": [border, *({} for _ in groups)],
        "x": [[trial.values[one.name] for trial in trials] for trials in lines],
        "y": [[trial.values[other.name] for trial in trials] for trials in lines],
    }

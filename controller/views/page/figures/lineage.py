"""The lineage plot: a marker for each trial, a line for each inheritance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from controller.core.model import State, Trial
from controller.views.page.figures.hover import hover
from controller.views.page.figures.lanes import lanes
from controller.views.page.figures.palette import (
    GREY,
    LEGEND,
    ORANGE,
    PURPLE,
    RED,
    SCALE,
    SKY,
    Figure,
)
from controller.views.page.source import Source, finite

# Marker and size of trials without a value, by state.
_MARKS = {
    State.STOPPED: ("square", SKY),
    State.FAILED: ("x", RED),
    State.SKIPPED: ("triangle-down-open", GREY),
    State.CANCELLED: ("diamond-open", PURPLE),
}
_UNDER_WAY = ("circle-open", GREY)


def lineage(data: Source) -> Figure | None:
    """A marker for each trial, a line for each inheritance. None where there is no trial.

    `views` holds the coordinates of each trace, and `axes` the axes, for the page's switch.
    """
    if not data.trials:
        return None
    picture = _Lineage(data)
    traces = [picture.edges(data.by_id.values(), "inherits", GREY, 1.0)]
    if len(data.line) > 1:
        traces.append(picture.edges(data.line, "best line", ORANGE, 3.0))
    traces += picture.marks()
    views = {
        view: {axis: [trace.pop(f"{view}-{axis}") for trace in traces] for axis in "xy"}
        for view in ("family", "value")
    }
    for trace, x, y in zip(traces, views["family"]["x"], views["family"]["y"], strict=True):
        trace.update(x=x, y=y)
    layout = {
        "height": 560,
        "hovermode": "closest",
        "xaxis": {"title": {"text": "trial"}, "zeroline": False},
        "legend": LEGEND,
    }
    axes: dict[str, dict[str, Any]] = {
        "family": {"yaxis": {"visible": False}},
        "value": {"yaxis": {"title": {"text": data.objective.name}, "range": data.axis}},
    }
    return {"data": traces, "layout": {**layout, **axes["family"]}, "views": views, "axes": axes}


class _Lineage:
    """The trials' coordinates in the views by family and by value."""

    def __init__(self, data: Source) -> None:
        children: dict[int, list[int]] = defaultdict(list)
        roots: list[int] = []
        for trial in data.by_id.values():
            parents = data.parents(trial)
            (children[parents[0].id] if parents else roots).append(trial.id)
        self._data = data
        self._family = lanes(children, roots)
        self._type = "scatter"

    def edges(self, trials: Iterable[Trial], name: str, colour: str, width: float) -> Figure:
        """A trace with the lines from parents to children."""
        family: tuple[list[Any], list[Any]] = ([], [])
        value: tuple[list[Any], list[Any]] = ([], [])
        for trial in trials:
            for parent in self._data.parents(trial):
                here, there = self._family[trial.id], self._family[parent.id]
                family[0].extend((parent.id, parent.id, trial.id, None))
                family[1].extend((there, here, here, None))
                value[0].extend((parent.id, trial.id, None))
                value[1].extend((finite(parent.value), finite(trial.value), None))
        return {
            "type": self._type,
            "mode": "lines",
            "name": name,
            "line": {"color": colour, "width": width},
            "opacity": 0.7,
            "hoverinfo": "skip",
            "showlegend": name != "inherits",
            "family-x": family[0],
            "family-y": family[1],
            "value-x": value[0],
            "value-y": value[1],
        }

    def marks(self) -> list[Figure]:
        """A trace for each state that occurs. The best trial's comes last, on top."""
        groups: dict[State, list[Trial]] = defaultdict(list)
        imported: list[Trial] = []
        for trial in self._data.by_id.values():
            (groups[trial.state] if trial.origin is None else imported).append(trial)
        traces = [self._mark(state.value, groups[state], state) for state in State if groups[state]]
        if imported:
            traces.append(self._mark("imported", imported, State.SUCCEEDED))
            shows_scale = not groups[State.SUCCEEDED]  # one scale is enough
            traces[-1]["marker"] |= {"symbol": "hexagon2", "size": 14, "showscale": shows_scale}
        if self._data.best:
            traces.append(self._mark("best", [self._data.best], State.SUCCEEDED))
            traces[-1]["marker"] |= {"symbol": "star", "size": 18, "showscale": False}
        return traces

    def _mark(self, name: str, trials: list[Trial], state: State) -> Figure:
        ids = [trial.id for trial in trials]
        return {
            "type": self._type,
            "mode": "markers",
            "name": name,
            "marker": self._marker(trials, state),
            "text": [hover(trial) for trial in trials],
            "customdata": ids,
            "hovertemplate": "%{text}<extra></extra>",
            "family-x": ids,
            "family-y": [self._family[trial] for trial in ids],
            "value-x": ids,
            "value-y": [finite(trial.value) for trial in trials],
        }

    def _marker(self, trials: list[Trial], state: State) -> Figure:
        size = 10 if len(self._data.trials) <= 200 else 6
        if state is not State.SUCCEEDED:
            symbol, colour = _MARKS.get(state, _UNDER_WAY)
            return {"symbol": symbol, "color": colour, "size": size}
        low, high = self._data.span
        return {
            "size": size,
            "color": [finite(trial.value) for trial in trials],
            "colorscale": SCALE,
            "reversescale": not self._data.objective.maximize,
            "cmin": low,
            "cmax": high,
            "showscale": True,
            "colorbar": {"title": {"text": self._data.objective.name}, "thickness": 12, "len": 0.8},
            "line": {"width": 1, "color": GREY},
        }

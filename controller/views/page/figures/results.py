"""The plot of results, by what the search cost until each came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from controller.core.model import State, Trial
from controller.views.page.figures.hover import hover
from controller.views.page.figures.palette import LEGEND, ORANGE, SKY, Figure
from controller.views.page.source import Source, finite

_MARKERS = 2_000  # results with a marker; SVG is slow beyond that


@dataclass(frozen=True, slots=True)
class _Cost:
    """What the search cost until each trial's end."""

    name: str
    title: str
    until: Sequence[float]


def best_so_far(source: Source) -> Figure | None:
    """Each result at the end of its trial, and the best so far. None without a result.

    The best is that of the candidates; trials that are none have a marker alone. `views` holds the
    x axis of each trace by each cost that was measured, for the page's switch.
    """
    ended = sorted(
        (trial for trial in source.trials if trial.state.is_verdict and trial.ended_at is not None),
        key=lambda trial: (trial.ended_at or 0.0, trial.id),
    )
    values = {
        at: value
        for at, trial in enumerate(ended)
        if trial.state is State.SUCCEEDED and (value := finite(trial.value)) is not None
    }
    if not values:
        return None
    costs = [cost for cost in _costs(source, ended) if any(cost.until)]
    best = _records(source, ended, values)
    marked = _marked(list(values), set(best))
    traces: list[Figure] = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "result",
            "y": [values[at] for at in marked],
            "customdata": [ended[at].id for at in marked],
            "text": [hover(ended[at]) for at in marked],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"color": SKY, "size": 7 if len(marked) <= 200 else 5},
        }
    ]
    shown = [marked]
    if best:
        shown.append([*best, len(ended) - 1])
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": "best so far",
                "y": [values[at] for at in [*best, best[-1]]],
                "line": {"shape": "hv", "color": ORANGE, "width": 3},
                "hoverinfo": "skip",
            }
        )
    views = {
        cost.name: {"x": [[cost.until[at] for at in each] for each in shown]} for cost in costs
    }
    axes = {
        cost.name: {"xaxis": {"title": {"text": cost.title}, "rangemode": "tozero"}}
        for cost in costs
    }
    first = costs[0].name
    for trace, x in zip(traces, views[first]["x"], strict=True):
        trace["x"] = x
    layout = {
        "height": 360,
        "hovermode": "closest",
        **axes[first],
        "yaxis": {"title": {"text": source.objective.name}, "range": source.axis},
        "legend": LEGEND,
    }
    left_out = len(values) - len(marked)
    note = f"{left_out} of {len(values)} results have no marker, evenly chosen." if left_out else ""
    return {"data": traces, "layout": layout, "views": views, "axes": axes, "note": note}


def _costs(source: Source, ended: Sequence[Trial]) -> list[_Cost]:
    seconds = [max(0.0, (trial.ended_at or 0.0) - source.started_at) for trial in ended]
    unit, name = _unit(seconds[-1])
    reports = _sums([sum(attempt.reports for attempt in trial.attempts) for trial in ended])
    hours = _sums([(finite(trial.cpu_seconds) or 0.0) / 3600 for trial in ended])
    return [
        _Cost("time", f"{name} since the start", [after / unit for after in seconds]),
        _Cost("trials", "trials that had ended", list(range(1, len(ended) + 1))),
        _Cost("epochs", "reports of all trials, one an epoch", reports),
        _Cost("CPU hours", "CPU hours of all trials", hours),
    ]


def _sums(amounts: Sequence[float]) -> list[float]:
    return list(accumulate(amounts))


def _records(source: Source, ended: Sequence[Trial], values: dict[int, float]) -> list[int]:
    """The results of candidates that are better than all before."""
    found: list[int] = []
    for at, value in values.items():
        is_better = not found or source.objective.is_better(value, values[found[-1]])
        if ended[at].candidate and is_better:
            found.append(at)
    return found


def _marked(results: Sequence[int], best: set[int]) -> list[int]:
    """Those with a marker: evenly chosen where there are too many, and the best at their time."""
    step = -(-len(results) // _MARKERS)
    return [at for number, at in enumerate(results) if number % step == 0 or at in best]


def _unit(seconds: float) -> tuple[float, str]:
    """A unit for times up to `seconds`: its length in seconds, and its name."""
    if seconds < 300:
        return 1.0, "seconds"
    return (60.0, "minutes") if seconds < 18_000 else (3600.0, "hours")

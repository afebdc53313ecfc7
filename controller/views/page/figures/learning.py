"""The plots of what trials reported while they ran."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.core.model import Trial
from controller.views.page.figures import ranges
from controller.views.page.figures.hover import short
from controller.views.page.figures.palette import GREEN, LEGEND, ORANGE, SKY, Figure
from controller.views.page.source import Source, finite

_LINE, _STEP = "end to end", "each from its start"  # names of the views
_POINTS = 20_000  # of all curves of a picture together

Curves = Mapping[int, Sequence[tuple[int, float]]]  # by trial: steps and values


@dataclass(frozen=True, slots=True)
class _Style:
    colour: str
    width: int = 1


def learning(
    data: Source, metric: str | None = None, emphasized: Sequence[Trial] | None = None
) -> Figure | None:
    """The values, or the values of a metric, that each trial reported. None where none did.

    emphasized: a line of ancestors, oldest first, by default that of the best trial.

    `views` holds the x axis of each trace for the page's switch: the steps laid end to end along
    each line of ancestors, which is shown first, and as they were reported. Where no trial
    inherits, there is no switch. Where there are more points than a browser draws quickly, every
    n-th trial is shown.
    """
    curves = data.curves if metric is None else data.metrics[metric]
    reported = set(curves)  # read together: one by one, each takes a reading of the journal
    known = [trial for trial in data.by_id.values() if trial.id in reported and curves[trial.id]]
    if not known:
        return None
    points = sum(len(curves[trial.id]) for trial in known)
    drawn = known[:: -(-points // _POINTS)]
    shifts = _shifts(data, curves)
    whole = data.line if emphasized is None else emphasized
    line = [trial for trial in whole if curves.get(trial.id)]
    last = [trial for trial in line if trial is whole[-1]]
    is_best = bool(whole) and whole[-1] is data.best
    name_of_line = "best line" if is_best else f"line of {whole[-1].id}" if whole else ""
    groups = [
        ("from nothing", _Style(ORANGE), [trial for trial in drawn if not trial.restore]),
        ("from a parent's weights", _Style(SKY), [trial for trial in drawn if trial.restore]),
        (name_of_line, _Style(GREEN, 3), line if len(line) > 1 else []),
        ("best" if is_best else "the trial", _Style(GREEN, 4), last),
    ]
    traces: list[Figure] = []
    x: dict[str, list[list[int | None]]] = {_LINE: [], _STEP: []}
    for name, style, trials in groups:
        if trials:
            is_joined = name == name_of_line
            traces.append(_trace(curves, name, style, trials, is_joined=is_joined))
            own = traces[-1].pop("x")
            x[_STEP].append([] if is_joined else own)
            x[_LINE].append(_shifted(own, traces[-1]["customdata"], shifts))
    inherits = any(shifts.values())
    view = _LINE if inherits else _STEP
    for trace, steps in zip(traces, x[view], strict=True):
        trace["x"] = steps
    titles = {_LINE: "step, after those of its ancestors", _STEP: "step"}
    axes = {name: {"xaxis": {"title": {"text": title}}} for name, title in titles.items()}
    values = (value for trial in drawn for _, value in curves[trial.id])
    of_value = data.objective if metric is None else None
    layout = {
        "height": 420,
        "hovermode": "closest",
        **axes[view],
        "yaxis": {
            "title": {"text": "reported value" if metric is None else short(metric)},
            "range": ranges.axis((v for v in values if finite(v) is not None), of_value),
        },
        "legend": LEGEND,
    }
    left_out = len(known) - len(drawn)
    note = f"{left_out} of {len(known)} curves are left out, evenly." if left_out else ""
    figure: Figure = {"data": traces, "layout": layout, "note": note}
    if inherits:
        figure |= {"views": {name: {"x": steps} for name, steps in x.items()}, "axes": axes}
    return figure


def _trace(
    curves: Curves, name: str, style: _Style, trials: Iterable[Trial], *, is_joined: bool
) -> Figure:
    """The curves of trials as one trace, with gaps between them unless they are joined."""
    x: list[int | None] = []
    y: list[float | None] = []
    of: list[int | None] = []
    sizes: list[int] = []  # of markers: a joined trace has one where a trial begins
    points = 0
    for trial in trials:
        points = max(points, len(curves[trial.id]))
        for step, value in curves[trial.id]:
            x.append(step)
            y.append(finite(value))
            of.append(trial.id)
        sizes += [8] + [0] * (len(curves[trial.id]) - 1)
        if not is_joined:
            x.append(None)
            y.append(None)
            of.append(None)
    trace: Figure = {
        "type": "scatter",
        "mode": "lines+markers" if points == 1 or is_joined else "lines",
        "name": name,
        "x": x,
        "y": y,
        "customdata": of,
        "hovertemplate": "trial %{customdata}, step %{x}: %{y}<extra></extra>",
        "line": {"color": style.colour, "width": style.width},
        "opacity": 1.0 if style.width > 1 else 0.7,
    }
    if is_joined:
        trace["marker"] = {"size": sizes}
    return trace


def _shifts(data: Source, curves: Curves) -> dict[int, int]:
    """By how many steps each trial's curve is moved so that it follows its parent's.

    Of several parents the first is followed. A curve whose steps go on from its parent's is not
    moved.
    """
    shifts: dict[int, int] = {}
    ends: dict[int, int | None] = {}  # the last step of a trial's line; None without any
    for trial in data.by_id.values():
        parents = data.parents(trial)
        end = ends[parents[0].id] if parents else None
        steps = [step for step, _ in curves.get(trial.id, ())]
        shifts[trial.id] = 0 if end is None or not steps else end + _stride(steps) - min(steps)
        ends[trial.id] = max(steps) + shifts[trial.id] if steps else end
    return shifts


def _stride(steps: Sequence[int]) -> int:
    """The usual distance between two reports, at least 1."""
    return max(1, round((max(steps) - min(steps)) / (len(steps) - 1))) if len(steps) > 1 else 1


def _shifted(
    steps: Sequence[int | None], trials: Sequence[Any], shifts: Mapping[int, int]
) -> list[int | None]:
    pairs = zip(steps, trials, strict=True)
    return [None if step is None else step + shifts[trial] for step, trial in pairs]

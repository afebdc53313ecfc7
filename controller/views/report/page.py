"""Renders the report as one HTML file, which loads no other."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from controller.core.model import State, Trial
from controller.views.report.data import ReportData, finite
from controller.views.report.figures.durations import activities, durations
from controller.views.report.figures.hover import show
from controller.views.report.figures.learning import learning
from controller.views.report.figures.lineage import lineage
from controller.views.report.figures.pareto import pareto
from controller.views.report.figures.results import best_so_far
from controller.views.report.figures.rewards import rewards
from controller.views.report.figures.shares import shares
from controller.views.report.generations import generations
from controller.views.report.line import steps
from controller.views.values import shown

_COLUMNS = 10  # parameters with a column of their own in the table
_METRICS = 8  # metrics with a picture of their own
_REASON = 2_000  # characters shown of a reason
_IDS = 40  # trials named beside a reason


def write(data: ReportData, path: Path) -> None:
    """Write the page to `path` atomically. Raises OSError."""
    page = render(data)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(page)
            os.fchmod(file.fileno(), 0o644)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def render(data: ReportData) -> str:
    """The page as text."""
    # Imported here, because the package is large and few commands need it.
    from plotly.offline import get_plotlyjs

    scripts = [Markup(text) for text in (get_plotlyjs(), _file("report.js"))]  # noqa: S704 - ours
    environment = Environment(
        loader=PackageLoader("controller.views.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    metrics = list(data.metrics)[:_METRICS]
    chain = generations(data.by_id.values(), data.space)
    figures = {
        "pareto": pareto(data),
        "lineage": lineage(data),
        "rewards": rewards(chain, data.objective.name),
        "best": best_so_far(data),
        "learning": learning(data),
        **{f"metric-{at}": learning(data, name) for at, name in enumerate(metrics)},
        "durations": durations(data),
    }
    columns = _columns(data)
    return environment.get_template("report.html.j2").render(
        data=data,
        policy=_policy(scripts),
        scripts=scripts,
        style=Markup(_file("report.css")),  # noqa: S704 - ours
        figures={name: figure for name, figure in figures.items() if figure},
        counts=_counts(data),
        columns=columns,
        metrics=metrics,
        line=steps(data),
        chain=shares(chain),
        rows=[_row(data, trial, columns) for trial in data.by_id.values()],
        spent=_spent(data),
        failures=_failures(data),
        started=_clock(data.started_at),
        elapsed=_elapsed(data),
        params=_params,
        number=_number,
        shown=_shown,
        values=data.objectives.names,
    )


def _file(name: str) -> str:
    return resources.files("controller.views.report").joinpath(name).read_text(encoding="utf-8")


def _policy(scripts: list[Markup]) -> str:
    """A Content-Security-Policy: the page loads nothing, and only `scripts` run.

    Source: https://www.w3.org/TR/CSP3/
    """
    digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    # Plotly's WebGL traces compile their drawing commands, which counts as eval.
    script = f"script-src {allowed} 'unsafe-eval'"
    return f"default-src 'none'; {script}; style-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True, slots=True)
class _Row:
    """A trial in the table. `started` counts from the experiment's start; both in seconds."""

    trial: Trial
    node: str
    started: float | None
    running: float | None
    params: Mapping[str, Any]  # those with a column of their own
    others: Mapping[str, Any]


def _row(data: ReportData, trial: Trial, columns: list[str]) -> _Row:
    started = trial.started_at
    running = data.seconds.get(trial.id, {}).get("running")
    if running is None and started is not None and trial.ended_at is not None:
        running = trial.ended_at - started
    return _Row(
        trial=trial,
        node=trial.attempts[-1].node if trial.attempts else "",
        started=None if started is None else started - data.started_at,
        running=running,
        params={name: trial.params[name] for name in columns if name in trial.params},
        others={name: value for name, value in trial.params.items() if name not in columns},
    )


def _columns(data: ReportData) -> list[str]:
    """The params that get a column: the first ones, in the order in which trials have them."""
    names = dict.fromkeys(name for trial in data.by_id.values() for name in trial.params)
    return list(names)[:_COLUMNS]


def _counts(data: ReportData) -> list[tuple[State, int]]:
    """The states that occur, and the number of trials in each."""
    states = [trial.state for trial in data.trials]
    return [(state, states.count(state)) for state in State if state in states]


@dataclass(frozen=True, slots=True)
class _Spent:
    """Seconds that trials spent on one activity. `share` is relative to the largest total."""

    activity: str
    total: float
    median: float
    longest: float
    share: float


def _spent(data: ReportData) -> list[_Spent]:
    found = {
        name: [finite(spent[name]) or 0.0 for spent in data.seconds.values() if name in spent]
        for name in activities(data)
    }
    most = max((sum(times) for times in found.values()), default=0.0) or 1.0
    return [
        _Spent(name, sum(times), median(times), max(times), sum(times) / most)
        for name, times in found.items()
    ]


@dataclass(frozen=True, slots=True)
class _Failure:
    """Trials that ended without success in the same way."""

    state: State
    reason: str
    trials: list[int]
    unnamed: int  # more than `trials` names


def _failures(data: ReportData) -> list[_Failure]:
    """The most frequent first."""
    groups: dict[tuple[State, str], list[int]] = defaultdict(list)
    for trial in data.by_id.values():
        if trial.state.is_verdict and trial.state is not State.SUCCEEDED:
            groups[trial.state, trial.reason].append(trial.id)
    failures = []
    for (state, reason), trials in sorted(groups.items(), key=lambda group: -len(group[1])):
        left_out = len(reason) - _REASON
        text = reason if left_out <= 0 else f"{reason[:_REASON]}… ({left_out:,} more characters)"
        named = trials[:_IDS]
        failures.append(_Failure(state, text or "no reason given", named, len(trials) - len(named)))
    return failures


def _params(params: Mapping[str, Any], limit: int | None = None) -> list[tuple[str, str]]:
    """Names and values as text, of `limit` characters at most."""
    texts = ((str(name), show(value)) for name, value in params.items())
    return [
        (name, text if limit is None or len(text) <= limit else f"{text[:limit]}…")
        for name, text in texts
    ]


def _number(value: float | None) -> str:
    """The value with six significant digits. Empty where it is not finite."""
    known = finite(value)
    return "" if known is None else f"{known:.6g}"


def _shown(data: ReportData, trial: Trial) -> str:
    """A trial's values: the number alone, or each with its name."""
    return "" if finite(trial.value) is None else shown(data.objectives, trial.value, trial.values)


def _clock(at: float) -> str:
    """Local date and time, with the offset from UTC."""
    return f"{datetime.fromtimestamp(at, tz=UTC).astimezone():%Y-%m-%d %H:%M:%S %z}"


def _elapsed(data: ReportData) -> str:
    """How long the experiment took, or what it is doing."""
    if data.ended_at is not None:
        return _duration(data.ended_at - data.started_at)
    if data.last_at is not None:
        return f"{data.state} after {_duration(data.last_at - data.started_at)}"
    return "under way"


def _duration(seconds: float) -> str:
    """`48 s`, `12 min 5 s`, `3 h 7 min`, `2 d 4 h`."""
    whole = max(0, round(seconds))
    for size, unit, below, name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // below} {name}"
    return f"{whole} s"

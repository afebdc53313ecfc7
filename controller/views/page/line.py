"""What changed along the best trial's line of ancestors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.model import Trial
from controller.views.page.figures.hover import show
from controller.views.page.source import Source, finite
from controller.views.values import flat


@dataclass(frozen=True, slots=True)
class Step:
    """A trial of the line, beside the one before it."""

    trial: Trial
    gain: float | None  # how much its value is above that of the one before; negative: below
    is_better: bool
    changes: list[tuple[str, str, str]]  # name, before, after; empty text for an absent param
    inherited: float | None  # the share of its numbers that it inherited, where it reported that


def steps(data: Source) -> list[Step]:
    """The line, oldest trial first. The first one has no changes."""
    found = []
    before: Trial | None = None
    for trial in data.line:
        value = finite(trial.value)
        old = None if before is None else finite(before.value)
        gain = None if value is None or old is None else value - old
        found.append(
            Step(
                trial=trial,
                gain=gain,
                is_better=gain is not None and data.objective.score(gain) > 0,
                changes=[] if before is None else _changes(before.params, trial.params),
                inherited=_share(trial.result),
            )
        )
        before = trial
    return found


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    before, after = dict(flat(before)), dict(flat(after))
    names = dict.fromkeys((*before, *after))
    texts = ((name, _text(before, name), _text(after, name)) for name in names)
    return [text for text in texts if text[1] != text[2]]


def _text(params: Mapping[str, Any], name: str) -> str:
    return show(params[name]) if name in params else ""


def _share(result: Any) -> float | None:
    """The share in the report of `heirloom.torch.inherit`, which may be anything."""
    report = result.get("inherited") if isinstance(result, Mapping) else None
    share = report.get("share") if isinstance(report, Mapping) else None
    return finite(float(share)) if isinstance(share, int | float) else None

"""What changed from trial to trial along a line of ancestors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from controller.core.model import Trial
from controller.views.page.figures.hover import show
from controller.views.page.source import Source, finite
from controller.views.values import flat
from heirloom.store.limits.values import finite as is_finite

_WIDTH = 80  # characters of a param in words
_CHANGES = 40  # that a step lists


def steps(source: Source, line: Sequence[Trial]) -> list[dict[str, Any]]:
    """A step for each trial of a line, oldest first.

    `gain` is how much its value is above that of the one before, `changes` the params that differ:
    name, before and after, empty text for one that is absent. `inherited` is the share of its
    numbers that it inherited, where it reported that; `words` say all of it. The first trial has no
    changes.
    """
    found: list[dict[str, Any]] = []
    before: Trial | None = None
    for trial in line:
        value = finite(trial.value)
        old = None if before is None else finite(before.value)
        gain = None if value is None or old is None else value - old
        changes = [] if before is None else _changes(before.params, trial.params)
        share = inherited_share(trial.result)
        found.append(
            {
                "id": trial.id,
                "state": str(trial.state),
                "value": value,
                "gain": gain,
                "is_better": gain is not None and source.objective.score(gain) > 0,
                "changes": [list(change) for change in changes[:_CHANGES]],
                "more_changes": max(0, len(changes) - _CHANGES),
                "inherited": share,
                "words": _words(trial, before, changes, share),
            }
        )
        before = trial
    return found


def inherited_share(result: Any) -> float | None:
    """The share in the report of `heirloom.torch.inherit`, which may be anything."""
    report = result.get("inherited") if isinstance(result, Mapping) else None
    share = report.get("share") if isinstance(report, Mapping) else None
    return float(share) if share is not None and is_finite(share) else None


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    old, new = dict(flat(before)), dict(flat(after))
    texts = ((name, _text(old, name), _text(new, name)) for name in dict.fromkeys((*old, *new)))
    return [text for text in texts if text[1] != text[2]]


def _text(params: Mapping[str, Any], name: str) -> str:
    return show(params[name]) if name in params else ""


def _words(
    trial: Trial, before: Trial | None, changes: Sequence[tuple[str, str, str]], share: float | None
) -> str:
    """Such as `58 to 80: width2 64 to 256, 61 % inherited`."""
    if before is None:
        return f"{trial.id}: starts from nothing" if not trial.restore else f"{trial.id}"
    parts = [_change(*change) for change in changes[:3]]
    if len(changes) > 3:
        parts.append(f"{len(changes) - 3} more params changed")
    if not changes:
        parts.append("the same params")
    if share is not None:
        parts.append(f"{share * 100:.3g} % inherited")
    return f"{before.id} to {trial.id}: {', '.join(parts)}"


def _change(name: str, old: str, new: str) -> str:
    if not old:
        return f"{name} {_short(new)} added"
    if not new:
        return f"{name} removed"
    return f"{name} {_short(old)} to {_short(new)}"


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"

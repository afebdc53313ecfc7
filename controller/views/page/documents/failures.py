"""Trials that ended without success, by what ended them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from controller.core.model import State
from controller.views.page.source import Source

_REASON = 2_000  # characters shown of a reason
_IDS = 40  # trials named beside a reason
_REASONS = 200


def document(source: Source) -> dict[str, Any]:
    """The reasons, the most frequent first, each with the number of its trials and the first ids.

    `left_out` is the number of further reasons.
    """
    groups: dict[tuple[State, str], list[int]] = defaultdict(list)
    for trial in source.by_id.values():
        if trial.state.is_verdict and trial.state is not State.SUCCEEDED:
            groups[trial.state, trial.reason].append(trial.id)
    ranked = sorted(groups.items(), key=lambda group: -len(group[1]))
    return {
        "reasons": [
            {
                "state": str(state),
                "reason": _short(reason) or "no reason given",
                "count": len(trials),
                "trials": trials[:_IDS],
            }
            for (state, reason), trials in ranked[:_REASONS]
        ],
        "left_out": max(0, len(ranked) - _REASONS),
    }


def _short(reason: str) -> str:
    left_out = len(reason) - _REASON
    return reason if left_out <= 0 else f"{reason[:_REASON]}… ({left_out:,} more characters)"

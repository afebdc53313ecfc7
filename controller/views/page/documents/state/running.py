"""The trials on nodes, with their curves so far."""

from __future__ import annotations

from typing import Any

from controller.core.model import Attempt, AttemptState, Trial
from controller.state.reading.curve import number_of
from controller.views.page.documents.state.summary import now_of, waits_of
from controller.views.page.figures.thin import columns
from controller.views.page.source import Source
from controller.views.screen import waits
from controller.views.screen.picture import parent_value

_TRIALS = 200
_POINTS = 120  # of a curve


def document(source: Source) -> dict[str, Any]:
    """The attempts on nodes, those whose process runs first; `more` is how many are left out.

    `since` is when the process began; of an attempt that waits, when it was placed. `parent_value`
    is the best final value of the trials that it starts from.
    """
    record, x = source.record, source.record.experiment
    now = now_of(record)
    held = [(x.trials[trial], x.trials[trial].attempts[number - 1]) for trial, number in x.on_nodes]
    held.sort(key=lambda pair: pair[1].state is not AttemptState.RUNNING)
    return {
        "at": now,
        "waits": waits_of(record, now),
        "trials": [_row(source, *pair, now) for pair in held[:_TRIALS]],
        "more": max(0, len(held) - _TRIALS),
    }


def _row(source: Source, trial: Trial, attempt: Attempt, now: float) -> dict[str, Any]:
    x = source.record.experiment
    last, before = number_of(attempt.last), parent_value(x, attempt)
    since = attempt.placed_at if attempt.started_at is None else attempt.started_at
    is_known = last is not None and before is not None
    return {
        "id": trial.id,
        "attempt": attempt.number,
        "state": str(attempt.state),
        "node": attempt.node,
        "parents": list(attempt.restore),
        "since": since,
        "seconds": max(0.0, now - since),
        "waits_for": waits.of_attempt(x, trial.id, attempt),
        "step": attempt.step,
        "last": last,
        "parent_value": before,
        "is_better": is_known and source.objective.is_better(last or 0.0, before or 0.0),
        "metrics": dict(attempt.metrics),
        "params": trial.params,
        "curve": columns(source.curves.get(trial.id, ()), _POINTS),
    }

"""When an attempt began and ended, where the controller hears of it late.

Times are the controller's. What happens while no controller runs, or while the store does not
answer, becomes known later. The node knows better: it measures durations on a monotonic clock, and
its wall clock says how long before the controller's start the process began.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.core import events as e
from controller.core.model import Attempt, Outcome, State, Trial
from controller.core.state import ExperimentState

_LATE = 5.0  # seconds by which the news of an end is at most late while all is well


def note_begin(x: ExperimentState, attempt: Attempt, event: e.Began) -> None:
    """Set when the process began.

    The node's wall clock may differ from the controller's. So it counts only for what happened
    before the controller opened the experiment, and only within the bounds that are known.
    """
    said = event.started_at
    attempt.has_node_time = said is not None
    attempt.started_at = event.at
    if said is not None and _is_adopted(x, attempt) and said < (x.opened_at or 0.0):
        attempt.started_at = max(said, attempt.placed_at)


def note_end(x: ExperimentState, attempt: Attempt, event: e.Ended) -> None:
    """Set when the attempt ended, by the seconds that its node measured if the news are late."""
    attempt.ended_at = event.at
    spent = _seconds_of_process(event.seconds)
    if spent is None:
        return
    started = event.at if attempt.started_at is None else attempt.started_at
    late = abs(event.at - started - spent) > _LATE
    adopted = attempt.has_node_time and _is_adopted(x, attempt)
    if late or adopted or attempt.started_at is None:
        attempt.ended_at = min(event.at, started + spent)
        attempt.started_at = max(attempt.placed_at, min(started, attempt.ended_at - spent))
        attempt.is_corrected = True


def end_of_trial(trial: Trial, event: e.VerdictSeen) -> float:
    """When a trial ended that gets its verdict."""
    last = trial.attempts[-1] if trial.attempts else None
    own = event.state is State.FAILED or (last is not None and last.number == event.number)
    if own and last is not None and last.is_corrected and last.ended_at is not None:
        return last.ended_at
    return event.at


def correct_end(trial: Trial, attempt: Attempt) -> None:
    """The attempt that gave the trial its verdict has ended, and that became known late."""
    gave_verdict = attempt.outcome in (Outcome.COMMITTED, Outcome.STOPPED)
    if gave_verdict and attempt.is_corrected and trial.ended_at and attempt.ended_at:
        trial.ended_at = min(trial.ended_at, attempt.ended_at)


def _is_adopted(x: ExperimentState, attempt: Attempt) -> bool:
    """Whether an earlier controller placed the attempt."""
    return x.opened_at is not None and attempt.placed_at < x.opened_at


def _seconds_of_process(seconds: Mapping[str, float] | None) -> float | None:
    """Seconds from the start of the process to the end of the attempt, or None if it never ran."""
    if seconds is None or "running" not in seconds:
        return None
    return seconds["running"] + seconds.get("committing", 0.0)

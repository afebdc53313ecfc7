"""What becomes of a trial when its last attempt has ended and none of its verdicts stands."""

from __future__ import annotations

from collections.abc import Sequence

from controller.core.inheritance import is_lost
from controller.core.model import Attempt, Outcome, Rules, State, Trial


def verdict_due(trials: Sequence[Trial], trial: Trial, rules: Rules) -> tuple[State, str] | None:
    """The verdict to pass, with its reason, or None where the trial may be tried again."""
    last = trial.attempts[-1]
    why = last.reason or f"attempt {last.number} on {last.node}: {last.outcome}"
    if last.outcome is Outcome.CANCELLED:
        return State.CANCELLED, why
    if last.outcome is Outcome.STOPPED:
        return State.STOPPED, why
    own = sum(_is_own(attempt) for attempt in trial.attempts)
    if own > rules.retries:
        return State.FAILED, why + (f" (attempt {own} of {own})" if own > 1 else "")
    strays = sum(_is_stray(trials, attempt) for attempt in trial.attempts)
    if strays > rules.strays:
        return State.FAILED, f"{why} (given up after {strays} attempts that were not its own fault)"
    return None


def node_to_avoid(trial: Trial) -> str | None:
    """The node where it went wrong last, and not by the trial's own fault."""
    for attempt in reversed(trial.attempts):
        if attempt.outcome not in (Outcome.RECALLED, Outcome.PARENT):
            return None if _is_own(attempt) else attempt.node
    return None


def _is_own(attempt: Attempt) -> bool:
    return attempt.outcome is not None and attempt.outcome.own_fault


def _is_stray(trials: Sequence[Trial], attempt: Attempt) -> bool:
    """Whether it went wrong with the cluster. To be recalled, or to lose a parent, is no fault."""
    if attempt.outcome is Outcome.PARENT:
        return not any(is_lost(trials[parent]) for parent in attempt.restore)
    return attempt.outcome is not Outcome.RECALLED and not _is_own(attempt)

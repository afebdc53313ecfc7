"""What becomes of a trial when its last attempt has ended and none of its verdicts stands."""

from __future__ import annotations

from collections.abc import Sequence

from controller.core.inheritance import is_lost
from controller.core.model import Attempt, Outcome, Rules, State, Trial


def verdict_due(trials: Sequence[Trial], trial: Trial, rules: Rules) -> tuple[State, str] | None:
    """The verdict to pass, with its reason, or None where the trial may be tried again.

    Each cause has a bound of its own: the trial's own failures, those that a retry rule tells
    apart, and of those that are not its fault lost nodes, corrupt reads, full stores and refused
    starts.
    """
    last = trial.attempts[-1]
    why = last.reason or f"attempt {last.number} on {last.node}: {last.outcome}"
    if last.outcome is Outcome.CANCELLED:
        return State.CANCELLED, why
    if last.outcome is Outcome.STOPPED:
        return State.STOPPED, why
    if last.rule is not None:
        rule = rules.retry[last.rule]
        ruled = sum(attempt.rule == last.rule for attempt in trial.attempts)
        if ruled > rule.times:
            return State.FAILED, f"{why} (given up after {ruled} such failures: {rule.name})"
        return None
    own = sum(_is_own(attempt) for attempt in trial.attempts)
    if own > rules.retries:
        return State.FAILED, why + (f" (attempt {own} of {own})" if own > 1 else "")
    cause = _cause(trials, last)
    infra_retries = sum(_cause(trials, attempt) == cause for attempt in trial.attempts)
    if cause is not None and infra_retries > rules.infra_retries:
        return (
            State.FAILED,
            f"{why} (given up after {infra_retries} attempts that were not its own fault)",
        )
    return None


def nodes_to_avoid(trial: Trial, rules: Rules) -> set[str]:
    """Where it is not to be tried while there is another node.

    That is where a retry rule blamed the node, and where it went wrong last, and not by the trial's
    own fault.
    """
    avoid = {
        attempt.node
        for attempt in trial.attempts
        if attempt.rule is not None and rules.retry[attempt.rule].exclude_node
    }
    for attempt in reversed(trial.attempts):
        if attempt.outcome not in (Outcome.RECALLED, Outcome.PARENT):
            if not attempt.outcome or not attempt.outcome.own_fault:
                avoid.add(attempt.node)
            break
    return avoid


def _is_own(attempt: Attempt) -> bool:
    return attempt.outcome is not None and attempt.outcome.own_fault and attempt.rule is None


def _cause(trials: Sequence[Trial], attempt: Attempt) -> Outcome | None:
    """What of the cluster it went wrong with, if it did: lost, corrupt, full or refused.

    To be recalled, or to lose a parent, is no fault; nor is a parent that proved damaged, since the
    next attempt starts from another one.
    """
    lost_parent = any(is_lost(trials[parent]) for parent in attempt.restore)
    match attempt.outcome:
        case Outcome.FULL:
            return Outcome.FULL
        case Outcome.REFUSED:
            return None if attempt.excused else Outcome.REFUSED
        case Outcome.CORRUPT | Outcome.PARENT if not lost_parent:
            return Outcome.CORRUPT
        case Outcome.LOST | Outcome.COMMITTED | Outcome.BEATEN:
            return Outcome.LOST  # a verdict that was told of and is not there, too
    return None

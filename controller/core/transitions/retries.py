"""Whether a trial is tried again after its last attempt ended without a verdict, and where."""

from __future__ import annotations

from collections.abc import Sequence

from controller.core.commands import PassVerdict
from controller.core.model import Attempt, Outcome, Rules, State, Trial
from controller.core.transitions.inheritance import is_lost


def verdict_after(trials: Sequence[Trial], trial: Trial, rules: Rules) -> PassVerdict | None:
    """The verdict to pass, or None if the trial may be tried again.

    Each cause has its own limit: failures of the trial itself (`retries`), those that match a
    retry rule (its `times`), and for each of lost nodes, corrupt reads, full stores and refused
    starts `infra_retries`.
    """
    last = trial.attempts[-1]
    why = last.reason or f"attempt {last.number} on {last.node}: {last.outcome}"
    if last.outcome is Outcome.CANCELLED:
        return PassVerdict(State.CANCELLED, why)
    if last.outcome is Outcome.STOPPED:
        return PassVerdict(State.STOPPED, why)
    if last.rule is not None:
        rule = rules.retry[last.rule]
        ruled = sum(attempt.rule == last.rule for attempt in trial.attempts)
        if ruled > rule.times:
            reason = f"{why} (given up after {ruled} such failures: {rule.name})"
            return PassVerdict(State.FAILED, reason)
        return None
    own = sum(_is_own(attempt) for attempt in trial.attempts)
    if own > rules.retries:
        return PassVerdict(State.FAILED, why + (f" (attempt {own} of {own})" if own > 1 else ""))
    cause = _cause(trials, last)
    same = sum(_cause(trials, attempt) == cause for attempt in trial.attempts)
    if cause is not None and same > rules.infra_retries:
        reason = f"{why} (given up after {same} attempts that were not its own fault)"
        return PassVerdict(State.FAILED, reason)
    return None


def nodes_to_avoid(trial: Trial, rules: Rules) -> set[str]:
    """Nodes on which the trial is placed only if there is no other.

    Those that a retry rule excludes, and the node of the latest attempt if that attempt failed
    by no fault of the trial.
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
    """The infrastructure's fault in the attempt's end: lost, corrupt, full, refused, or None.

    A recall or a lost parent is no fault. Neither is a damaged parent, since the next attempt
    starts from another one.
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
            return Outcome.LOST  # also a reported verdict that is missing
    return None

"""How a trial gets its verdict, and what the verdict changes."""

from __future__ import annotations

from controller.core import events as e
from controller.core.commands import EndAttempt, PassVerdict
from controller.core.model import Outcome, State, Trial, attempt_name
from controller.core.ranking import standing_of
from controller.core.state import ExperimentState
from controller.core.transitions.alike import count_verdict
from controller.core.transitions.budget import reopen_if_room
from controller.core.transitions.names import share_names
from controller.core.transitions.queueing import release_children, try_again
from controller.core.transitions.times import end_of_trial


def asked(x: ExperimentState, event: e.VerdictAsked) -> None:
    """The controller passes a verdict. The trial is not placed any more."""
    x.commands.verdicts.issue(event.trial, PassVerdict(event.state, event.reason))
    x.queue.remove(event.trial)


def seen(x: ExperimentState, event: e.VerdictSeen) -> None:
    """The trial has ended. The first verdict that is read stands."""
    trial = x.trial(event.trial)
    if trial is None or trial.state.is_verdict or not event.state.is_verdict:
        return
    x.commands.verdicts.done(trial.id)
    x.commands.checks.done(trial.id)
    x.queue.remove(trial.id)
    trial.reason, trial.value, trial.result = event.reason, event.value, event.result
    trial.values = event.values or {}
    trial.weights, trial.size, trial.shared = event.weights, event.size, event.shared
    decided = x.attempt(trial.id, event.number) if event.number else None
    has_committed = decided is not None and event.state in (State.SUCCEEDED, State.STOPPED)
    decided = decided or (trial.attempts[-1] if trial.attempts else None)
    trial.restored = () if decided is None else decided.restore
    x.largest = max(x.largest, event.size)
    x.gc.verdicts += 1
    x.gc.shared += event.weights and not trial.candidate
    trial.ended_at = end_of_trial(trial, event)
    share_names(trial)
    with x.usage.changing(trial):
        trial.committed_by = event.number if has_committed else None
        x.set_state(trial, event.state)
    attempt = trial.attempt
    if attempt is not None and attempt.number != event.number:
        name = attempt_name(trial.id, event.number or 0)
        reason = f"{name} committed first" if event.number else f"the trial was {event.state}"
        end = EndAttempt(Outcome.CANCELLED, reason)
        x.commands.ends.due[trial.id, attempt.number] = end
    if trial.state is State.SUCCEEDED and trial.inheritable:
        x.standing[trial.id] = None
    x.commands.results.due[trial.id] = None
    count_verdict(x, trial)
    if event.state is State.SUCCEEDED:
        note_committed(x, trial)
    release_children(x, trial)
    if event.state is State.CANCELLED:
        reopen_if_room(x, event.at)


def not_found(x: ExperimentState, event: e.NoVerdict) -> None:
    """A check found no verdict. A check that was not issued, or is answered, changes nothing."""
    checks = x.commands.checks.issued
    if event.trial not in checks:
        return
    del checks[event.trial]
    trial = x.trials[event.trial]
    if trial.attempts and trial.attempt is None and trial.id not in x.queue:
        try_again(x, trial)


def cancel_asked(x: ExperimentState, event: e.CancelAsked) -> None:
    """A user cancels the trial."""
    trial = x.trial(event.trial)
    if trial is not None:
        cancel(x, trial, f"cancelled by {event.by or 'a person'}")


def cancel(x: ExperimentState, trial: Trial, reason: str) -> None:
    """Cancel a trial that has no verdict yet.

    The verdict is passed before the attempt is ended: a late commit then finds the name taken.
    """
    if trial.state.is_verdict or trial.id in x.commands.verdicts.issued:
        return
    x.queue.remove(trial.id)
    x.commands.verdicts.due.setdefault(trial.id, PassVerdict(State.CANCELLED, reason))


def note_committed(x: ExperimentState, trial: Trial) -> None:
    """Let a committed trial take its place on the front. One that is no candidate has none."""
    if not trial.candidate:
        x.latest = trial.id
    standing = standing_of(trial, x.rules.objectives)
    if standing is not None:
        x.front.add(trial.id, standing)

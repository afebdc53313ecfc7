"""What the events of an attempt change."""

from __future__ import annotations

import contextlib
import heapq

from controller.core import events as e
from controller.core.commands import EndAttempt
from controller.core.model import Attempt, AttemptState, Outcome, State, Trial
from controller.core.state import ExperimentState
from controller.core.transitions.nodes import blame_node
from controller.core.transitions.queueing import note_corruption, try_again
from controller.core.transitions.times import correct_end, note_begin, note_end

# After these a verdict may exist on the store that the controller has not seen.
_CHECK_AFTER = (Outcome.COMMITTED, Outcome.STOPPED, Outcome.BEATEN, Outcome.LOST)


def placed(x: ExperimentState, event: e.Placed) -> None:
    """The trial leaves the queue. Children that wait for it may be armed now."""
    trial = x.trials[event.trial]
    x.queue.remove(trial.id)
    trial.restore, trial.distance = event.restore, event.distance
    trial.attempts.append(Attempt(event.number, event.node, event.restore, placed_at=event.at))
    x.set_state(trial, State.ARMED)
    x.on_nodes[trial.id, event.number] = None
    x.placement.take(event.node)
    for child in x.queue.waiting_for(trial.id):
        heapq.heappush(x.armable, child)


def armed(x: ExperimentState, event: e.Armed) -> None:
    """The attempt waits on its node."""
    attempt = x.attempt(event.trial, event.number)
    if attempt is not None and attempt.state is AttemptState.PLACED:
        attempt.state = AttemptState.ARMED
        x.touched.add(event.trial)
        x.on_hold[event.trial, event.number] = None


def preparing(x: ExperimentState, event: e.Preparing) -> None:
    """The attempt prepares its node. Nothing is decided by it: it is shown to users."""
    attempt = x.attempt(event.trial, event.number)
    if attempt is not None and attempt.state in (AttemptState.PLACED, AttemptState.ARMED):
        x.preparing[attempt.node] = event


def prepared(x: ExperimentState, event: e.Prepared | e.Ended) -> None:
    """The attempt prepares its node no more."""
    attempt = x.attempt(event.trial, event.number)
    if attempt is not None:
        known = x.preparing.get(attempt.node)
        if known is not None and (known.trial, known.number) == (event.trial, event.number):
            del x.preparing[attempt.node]


def began(x: ExperimentState, event: e.Began) -> None:
    """The attempt's process runs. A recall that was issued before comes too late."""
    attempt = x.attempt(event.trial, event.number)
    if attempt is None or attempt.state in (AttemptState.RUNNING, AttemptState.ENDED):
        return
    attempt.state, attempt.gpus = AttemptState.RUNNING, event.gpus
    x.touched.add(event.trial)
    note_begin(x, attempt, event)
    key = (event.trial, event.number)
    x.on_hold.pop(key, None)
    end = x.commands.ends.issued.get(key)
    if end is not None and end.how is Outcome.RECALLED:
        del x.commands.ends.issued[key]
    if not x.trials[event.trial].state.is_verdict:
        x.set_state(x.trials[event.trial], State.RUNNING)


def reported(x: ExperimentState, event: e.Reported | e.ReportedMany) -> None:
    """Count the reports; keep the last value, and the latest of each metric."""
    attempt = x.attempt(event.trial, event.number)
    reports = event.reports
    if attempt is None or not reports:
        return
    x.touched.add(event.trial)
    trial = x.trials[event.trial]
    is_late = attempt.number < len(trial.attempts)  # its steps decide what of it counts
    with x.usage.changing(trial) if is_late else contextlib.nullcontext():
        attempt.reports += len(reports)
        attempt.step, attempt.last = reports[-1]
    for metrics in event.rows:
        attempt.metrics.update(metrics or {})


def continued_from(x: ExperimentState, event: e.ContinuedFrom) -> None:
    """The attempt starts from a checkpoint of an earlier one, whose later reports do not count."""
    attempt, source = x.attempt(event.trial, event.number), x.attempt(event.trial, event.source)
    if attempt is None or source is None or event.source >= event.number:
        return
    x.touched.add(event.trial)
    with x.usage.changing(x.trials[event.trial]):
        attempt.continued = (event.source, event.step)
    x.checkpoints.note(event.trial, event.source)
    if not attempt.reports and source.step is not None and source.step <= event.step:
        attempt.step, attempt.last, attempt.metrics = source.step, source.last, {**source.metrics}


def ended(x: ExperimentState, event: e.Ended) -> None:
    """The attempt leaves its node. Its trial is checked for a verdict, or tried again."""
    attempt = x.attempt(event.trial, event.number)
    if attempt is None or attempt.state is AttemptState.ENDED:
        return
    trial = x.trials[event.trial]
    x.touched.add(trial.id)
    prepared(x, event)
    with x.usage.changing(trial):
        _leave_node(x, trial, attempt, event)
    x.checkpoints.end(event)
    blame_node(x, trial, attempt)
    if trial.state.is_verdict:
        correct_end(trial, attempt)
        return
    x.set_state(trial, State.READY)
    if event.parent in attempt.restore:
        parent = x.trials[event.parent]
        if event.outcome is Outcome.CORRUPT:
            note_corruption(x, parent, attempt)
        elif not parent.state.is_verdict:
            x.commands.checks.due[parent.id] = None  # the node read a verdict of the parent
    if event.outcome in _CHECK_AFTER:
        x.commands.checks.due[trial.id] = None
    else:
        try_again(x, trial)


def end_asked(x: ExperimentState, event: e.EndAsked) -> None:
    """The attempt is to be ended on its node."""
    attempt = x.attempt(event.trial, event.number)
    if attempt is not None and attempt.state is not AttemptState.ENDED:
        key = (event.trial, event.number)
        x.commands.ends.issue(key, EndAttempt(event.how, event.reason))


def stop_advised(x: ExperimentState, event: e.StopAdvised) -> None:
    """Stop the running attempt, unless another one was assessed or it is being ended already."""
    trial = x.trial(event.trial)
    attempt = trial.attempt if trial is not None else None
    if attempt is None or event.number not in (None, attempt.number):
        return
    key = (event.trial, attempt.number)
    if attempt.state is AttemptState.RUNNING and key not in x.commands.ends:
        x.commands.ends.due[key] = EndAttempt(Outcome.STOPPED, event.reason)


def _leave_node(x: ExperimentState, trial: Trial, attempt: Attempt, event: e.Ended) -> None:
    attempt.state = AttemptState.ENDED
    note_end(x, attempt, event)
    attempt.outcome = event.outcome
    attempt.reason = event.reason
    known = event.rule is not None and event.rule < len(x.rules.retry)
    attempt.rule = event.rule if known and event.outcome is Outcome.FAILED else None
    trial.seconds = event.seconds or trial.seconds
    trial.peak_memory = event.peak_memory if event.peak_memory is not None else trial.peak_memory
    attempt.run_seconds = None if event.seconds is None else event.seconds.get("running")
    attempt.cpu_seconds = event.cpu_seconds
    attempt.gpus = event.gpus if attempt.gpus is None else attempt.gpus
    key = (trial.id, attempt.number)
    x.on_nodes.pop(key, None)
    x.on_hold.pop(key, None)
    x.commands.ends.done(key)
    x.placement.give_back(attempt.node)

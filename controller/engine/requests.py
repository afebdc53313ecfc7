"""Requests of the user's other processes to an experiment: stop, cancel, retry, gc, extend."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State, Trial
from controller.engine.continuation.extension import Extension
from controller.errors import HeirloomError
from controller.formats import command
from controller.state import record
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import user_name
from controller.state.inbox import Inbox
from controller.state.lock import is_locked
from controller.state.record import Record

Action = Literal["cancel", "retry"]
_LISTED = 20  # trials that a line names


class Chosen(NamedTuple):
    """The trials that a request is for, and a line for each that a state includes in vain."""

    trials: list[int]
    left_out: list[str]


def choose(
    known: Record, action: Action, trials: Sequence[int], states: Collection[State] | None
) -> Chosen:
    """The trials to `cancel` or `retry`: those that are named, or those in some states.

    Of the trials in a state, a trial that was retried before is left out: its retry stands for it.
    So is one for which the same request waits for a controller.

    Raises HeirloomError, also if a trial that is named cannot be cancelled or retried.
    """
    if bool(trials) == (states is not None):
        raise HeirloomError(f"{action}: give either the ids of trials or --state")
    if states is None:
        named = [known.trial(number) for number in dict.fromkeys(trials)]
        if problems := [words for trial in named if (words := _problem(known, action, trial))]:
            raise HeirloomError("; ".join(problems))
        return Chosen([trial.id for trial in named], [])
    fitting = [state for state in State if state.is_verdict == (action == "retry")]
    if wrong := [state for state in states if state not in fitting]:
        raise HeirloomError(
            f"{action} --state {wrong[0]}: trials in this state have "
            f"{'not ended yet' if action == 'retry' else 'ended'}: use {', '.join(fitting)}"
        )
    return _in_states(known, action, states)


def _in_states(known: Record, action: Action, states: Collection[State]) -> Chosen:
    trials = known.experiment.trials
    repeated = {trial.retry_of for trial in trials}
    requests = [request for _, request in Inbox(known.place.inbox).receive()]
    waiting = {request.get("trial") for request in requests if request.get("action") == action}
    chosen = Chosen([], [])
    for trial in trials:
        if trial.state not in states or trial.id in repeated:
            continue
        if trial.id in waiting:
            problem = f"trial {trial.id}: a request to {action} it waits for the controller"
        else:
            problem = _problem(known, action, trial)
        if problem:
            chosen.left_out.append(problem)
        else:
            chosen.trials.append(trial.id)
    return chosen


def ask(place: ExperimentDir, trials: Sequence[int], action: Action, by: str | None = None) -> str:
    """Request to `cancel` or `retry` trials; return a line for the user about what follows.

    `by`: who asks, by default this user. Raises HeirloomError.
    """
    inbox = Inbox(place.inbox)
    for trial in trials:
        inbox.send({"action": action, "trial": trial, "by": by or user_name()})
    first = ", ".join(map(str, trials[:_LISTED]))
    more = f" and {len(trials) - _LISTED} more" if len(trials) > _LISTED else ""
    what = f"trial {first}" if len(trials) == 1 else f"{len(trials)} trials: {first}{more}"
    if is_locked(place):
        return f"asked the controller of {place.name} to {action} {what}"
    resume = command("resume", place.name)
    return f"no controller runs {place.name}: `{resume}` will {action} {what}"


def stop(place: ExperimentDir, by: str | None = None) -> str:
    """Request that the controller stops the experiment; return a line for the user.

    `by`: who asks, by default this user. Raises HeirloomError.
    """
    Inbox(place.inbox).send({"action": "stop", "by": by or user_name()})
    watch = command("watch", place.name)
    return f"asked the controller of {place.name} to stop; watch it with `{watch}`"


def _problem(known: Record, action: Action, trial: Trial) -> str:
    """Why a trial cannot be cancelled or retried; empty if it can."""
    who = f"trial {trial.id} of {known.place.name}"
    if action == "cancel":
        return f"{who} has ended already: {trial.state}" if trial.state.is_verdict else ""
    if not trial.state.is_verdict:
        return f"{who} has not ended yet: it is {trial.state}"
    if gone := record.removed_parents(known, trial):
        return f"{who} cannot be run again: the weights of its parent {gone[0]} were removed"
    return ""


def event_of(
    request: Mapping[str, Any], name: str, now: float, experiment: Experiment
) -> e.Event | None:
    """The event that a request called `name` leads to; None for an unknown request.

    Raises HeirloomError for a request that the state of the experiment does not allow.
    """
    by = request.get("by")
    by = by if isinstance(by, str) else ""
    match request:
        case {"action": "extend"}:
            created = experiment.created
            who = created.name if created else "the experiment"
            return Extension.from_request(request).event(experiment, who, now, name)
        case {"action": "stop"}:
            return e.StopAsked(at=now, reason=f"stopped by {by or 'a person'}", by=by)
        case {"action": "cancel", "trial": int(trial)}:
            return e.CancelAsked(at=now, trial=trial, by=by)
        case {"action": "retry", "trial": int(trial)}:
            return e.RetryAsked(at=now, trial=trial, request=name, by=by)
        case {"action": "gc"}:
            return e.GcAsked(at=now)
    return None

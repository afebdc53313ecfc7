"""Requests of the user's other processes to an experiment: stop, cancel, retry, gc, extend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.extension import Extension
from controller.errors import HeirloomError
from controller.formats import command
from controller.state import record
from controller.state.experiment_dir import ExperimentDir
from controller.state.inbox import Inbox
from controller.state.lock import is_locked


def ask(place: ExperimentDir, trial: int, action: str) -> str:
    """Request to `cancel` or `retry` a trial; return a line for the user about what follows.

    Raises HeirloomError.
    """
    name = place.name
    known = record.load(place)
    found = known.trial(trial)
    if action == "cancel" and found.state.is_verdict:
        raise HeirloomError(f"trial {trial} of {name} has ended already: {found.state}")
    if action == "retry" and not found.state.is_verdict:
        raise HeirloomError(f"trial {trial} of {name} has not ended yet: it is {found.state}")
    if action == "retry" and (gone := record.removed_parents(known, found)):
        raise HeirloomError(
            f"trial {trial} of {name} cannot be run again: the weights of its parent {gone[0]} "
            "were removed"
        )
    Inbox(place.inbox).send({"action": action, "trial": trial})
    if is_locked(place):
        return f"asked the controller of {name} to {action} trial {trial}"
    resume = command("resume", name)
    return f"no controller runs {name}: `{resume}` will {action} trial {trial}"


def event_of(
    request: Mapping[str, Any], name: str, now: float, experiment: Experiment
) -> e.Event | None:
    """The event that a request called `name` leads to; None for an unknown request.

    Raises HeirloomError for a request that the state of the experiment does not allow.
    """
    match request:
        case {"action": "extend"}:
            created = experiment.created
            who = created.name if created else "the experiment"
            return Extension.from_request(request).event(experiment, who, now, name)
        case {"action": "stop"}:
            return e.StopAsked(at=now, reason="stopped by a person")
        case {"action": "cancel", "trial": int(trial)}:
            return e.CancelAsked(at=now, trial=trial)
        case {"action": "retry", "trial": int(trial)}:
            return e.RetryAsked(at=now, trial=trial, request=name)
        case {"action": "gc"}:
            return e.GcAsked(at=now)
    return None

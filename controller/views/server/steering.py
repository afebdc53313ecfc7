"""Requests of the page: cancel, retry, stop and extend, sent as the commands send them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from controller.core.model import State
from controller.engine import requests
from controller.engine.continuation import extension
from controller.engine.continuation.extension import Extension
from controller.errors import HeirloomError
from controller.formats import command
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import user_name
from controller.state.lock import is_locked

LIMIT = 256 * 1024  # bytes of a request


class InvalidRequestError(HeirloomError):
    """The request itself is wrong, whatever the state of the experiment is."""


def parse(body: bytes) -> dict[str, Any]:
    """The request in JSON. Raises InvalidRequestError."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"the request is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise InvalidRequestError("the request is not an object of JSON")
    return found


def carry_out(place: ExperimentDir, request: Mapping[str, Any], client: str) -> str:
    """Send a request to the controller; return what the command would print.

    `client`: the address of the reader, which is journaled with the name of the user that the
    server runs as. Raises InvalidRequestError, and HeirloomError where the state of the experiment
    does not allow it.
    """
    by = f"{user_name()} (page, {client})"
    match request:
        case {"request": "cancel" | "retry" as action}:
            return _trials(place, action, request, by)
        case {"request": "stop"}:
            if not is_locked(place):
                raise _no_controller(place, "stop", place.name)
            return requests.stop(place, by)
        case {"request": "extend"}:
            return _extend(place, request, by)
    raise InvalidRequestError(
        f"there is no request {request.get('request')!r}: use cancel, retry, stop or extend"
    )


def _trials(
    place: ExperimentDir, action: Literal["cancel", "retry"], request: Mapping[str, Any], by: str
) -> str:
    trials, states = request.get("trials", []), request.get("states")
    if not isinstance(trials, list) or not all(type(trial) is int for trial in trials):
        raise InvalidRequestError(f"{action}: trials is not a list of ids")
    chosen_states = None if states is None else _states(states)
    with records.opened(place) as known:
        chosen = requests.choose(known, action, trials, chosen_states)
    lines = list(chosen.left_out)
    if chosen.trials:
        lines.append(requests.ask(place, chosen.trials, action, by))
    else:
        lines.append(f"{place.name} has no trial to {action} in these states")
    return "\n".join(lines)


def _states(names: Any) -> frozenset[State]:
    known = list(State)
    if not isinstance(names, list) or not names or not all(name in known for name in names):
        raise InvalidRequestError(f"states is not a list of some of {', '.join(known)}")
    return frozenset(map(State, names))


def _extend(place: ExperimentDir, request: Mapping[str, Any], by: str) -> str:
    trials, duration = (_text(request, key) for key in ("trials", "duration"))
    asked = Extension.of(trials, duration, by)
    if asked is None:
        raise InvalidRequestError("extend: give trials, such as +50, or duration, such as +8h")
    if not is_locked(place):
        options = [] if trials is None else ["--trials", trials]
        options += [] if duration is None else ["--duration", duration]
        raise _no_controller(place, "resume", place.name, *options)
    return extension.send(place, asked)


def _text(request: Mapping[str, Any], key: str) -> str | None:
    found = request.get(key)
    if found is None or found == "":
        return None
    if not isinstance(found, str | int) or isinstance(found, bool):
        raise InvalidRequestError(f"extend: {key} is neither text nor a whole number")
    return str(found)


def _no_controller(place: ExperimentDir, *words: str) -> HeirloomError:
    return HeirloomError(f"no controller runs {place.name}: type `{command(*words)}` in a terminal")

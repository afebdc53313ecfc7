"""The tuner's state as its process sends and takes it."""

from __future__ import annotations

import json
import traceback
from typing import Any, Optional

from ..interface import Tuner
from .plain_json import problem_of
from .protocol import SavedState

STATE_LIMIT = 16 * 1024 * 1024  # bytes of a state as JSON


def save(tuner: Optional[Tuner], label: str) -> SavedState:
    """The state of the tuner, or why it has none. An exception in it does not end the search."""
    state, reason = None, "classes with NNI's interface have none"
    if tuner is not None:
        try:
            state = getattr(tuner, "state", lambda: None)()
            reason = "it has none" if state is None else _refusal(state)
        except Exception as error:
            traceback.print_exc()
            reason = f"its method state raised {type(error).__name__}: {error}"
    return {"tuner": label, "state": None if reason else state, "reason": reason}


def load(tuner: Optional[Tuner], label: str, saved: Any) -> str:
    """Let a new tuner go on from a state. The answer is why that is not possible, or empty."""
    if not isinstance(saved, dict) or saved.keys() != SavedState.__annotations__.keys():
        return "this is not the state of a tuner"
    if tuner is None or saved["state"] is None:
        return f"{saved['tuner']} has no state: {saved['reason']}"
    if saved["tuner"] != label:
        return f"this is the state of {saved['tuner']}, and not of {label}"
    try:
        tuner.load_state(saved["state"])
    except Exception as error:
        traceback.print_exc()
        return f"{label} raised {type(error).__name__} in load_state: {error}"
    return ""


def _refusal(state: Any) -> str:
    """Why a state cannot be sent; empty if it can."""
    found = problem_of(state, "state")
    if found:
        return found
    size = len(json.dumps(state))
    return f"it takes {size} bytes, and {STATE_LIMIT} are possible" if size > STATE_LIMIT else ""

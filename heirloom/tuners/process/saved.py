"""The state of the tuner and the assessor, as their process sends and takes it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Optional

from ...assessors.interface import Assessor
from ...assessors.reports import Reports, TrialReports
from ..interface import Tuner
from .plain_json import problem_of
from .protocol import SavedAssessor, SavedState

_PACKAGES = "site-packages"  # of a virtual environment beside the user's files
STATE_LIMIT = 16 * 1024 * 1024  # bytes of a state as JSON
_NNI = "classes with NNI's interface have none"


class States:
    """Saves and loads the state of a tuner and of its assessor.

    Args:
        tuner: None if it has NNI's interface.
        assessor: None if it has NNI's interface, or if there is none.
        reports: what the trials have reported.
        labels: what messages call the tuner, and the assessor if there is one.
        directories: the user's code, each with a separator at its end.
    """

    def __init__(
        self,
        tuner: Optional[Tuner],
        assessor: Optional[Assessor],
        reports: TrialReports[Reports],
        labels: Mapping[str, str],
        directories: Sequence[str],
    ) -> None:
        self._tuner = tuner
        self._assessor = assessor
        self._reports = reports
        self._labels = labels
        self._code = _code_of(directories)

    def save(self) -> SavedState:
        """The state, or why there is none. An exception in user code does not end the search."""
        state, reason = _state_of(self._tuner)
        assessor: Optional[SavedAssessor] = None
        if not reason and "assessor" in self._labels:
            found, reason = _state_of(self._assessor)
            reason = reason and f"{self._labels['assessor']}: {reason}"
            assessor = {"state": found, "reports": self._reports.state()}
        return {
            "tuner": self._labels["tuner"],
            "state": None if reason else state,
            "assessor": None if reason else assessor,
            "reason": reason,
            "code": self._code,
        }

    def load(self, saved: Any) -> str:
        """Let a new tuner and assessor go on from a state.

        Returns why that is not possible, or an empty text.
        """
        if not isinstance(saved, dict) or saved.keys() != SavedState.__annotations__.keys():
            return "this is not the state of a tuner"
        if self._tuner is None or saved["state"] is None:
            return f"{saved['tuner']} has no state: {saved['reason']}"
        label = self._labels["tuner"]
        if saved["tuner"] != label:
            return f"this is the state of {saved['tuner']}, and not of {label}"
        if saved["code"] != self._code:
            return f"the code of {label} has changed since its state was saved"
        problem = _load(self._tuner, label, saved["state"])
        if problem or saved["assessor"] is None:
            return problem
        self._reports.load_state(saved["assessor"]["reports"])
        return _load(self._assessor, self._labels["assessor"], saved["assessor"]["state"])


def _state_of(plugin: Any) -> tuple[Any, str]:
    """The state of a tuner or an assessor, and why there is none."""
    if plugin is None:
        return None, _NNI
    try:
        state = getattr(plugin, "state", lambda: None)()
        return state, "it has none" if state is None else _refusal(state)
    except Exception as error:
        traceback.print_exc()
        return None, f"its method state raised {type(error).__name__}: {error}"


def _load(plugin: Any, label: str, state: Any) -> str:
    try:
        plugin.load_state(state)
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


def _code_of(directories: Sequence[str]) -> str:
    """A digest of the user's Python files that were imported; empty if there are none.

    A tuner that was changed does not go on from an earlier state.
    """
    files = {str(getattr(module, "__file__", None)) for module in list(sys.modules.values())}
    own = (file for file in files if file.startswith(tuple(directories)) and _PACKAGES not in file)
    found = sorted(file for file in own if file.endswith(".py"))
    digest = hashlib.blake2b(digest_size=8)
    for file in found:
        with contextlib.suppress(OSError):  # it was removed after its import
            digest.update(Path(file).read_bytes())
    return digest.hexdigest() if found else ""

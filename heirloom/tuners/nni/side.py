"""Those of a search's tuner and assessor that have NNI's interface, in the tuner's process."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from .assessor import NniAssessor
from .tuner import NniTuner, end

_DRAIN = 4.0  # seconds for what was heard before the end
_HOOK = 4.0  # seconds that `_on_error` may take

Say = Callable[[dict[str, Any]], None]
Told = Callable[[BaseException, str, str], dict[str, Any]]


class Side:
    """Makes them, and tells the controller of what they do unasked. To be made before their import.

    Args:
        request: the call `setup`.
        code: directories of the user's code.
        say: writes a line to the controller, from any thread.
        told: makes that line of an error; takes it, who raised it, and in which method.
    """

    def __init__(
        self, request: Mapping[str, Any], code: Sequence[str], say: Say, told: Told
    ) -> None:
        self.tuner: NniTuner | None = None
        self.assessor: NniAssessor | None = None
        self._request, self._code, self._say, self._told = request, code, say, told
        self._users: list[Any] = []
        self._lock = threading.Lock()
        self._is_broken = False
        os.environ.update(_environment(request))
        logging.basicConfig(level=logging.INFO)  # as in NNI: to the log, from INFO on

    def make_tuner(self, make: Callable[..., Any]) -> None:
        """Make the tuner, and bring it to where the search stands. Raises what its code does."""
        users = make(**self._request["tuner"].get("args", {}))
        self._users.append(users)
        self.tuner = NniTuner(
            users,
            self._request["space"],
            choice=self._request["tuner"],
            experiment=self._request["experiment"],
            resume=self._request.get("resume"),
            code=self._code,
            tell=lambda notice: self._say({"notice": notice}),
            broke=partial(self._broke, "tuner"),
        )

    def make_assessor(self, make: Callable[..., Any]) -> None:
        """Make the assessor. Raises what its code does."""
        users = make(**self._request["assessor"].get("args", {}))
        self._users.append(users)
        if self._request.get("resume"):
            users.load_checkpoint()
        self.assessor = NniAssessor(
            users,
            experiment=self._request["experiment"],
            hopeless=lambda trial, number, step: self._say(
                {"notice": {"hopeless": {"trial": trial, "number": number, "step": step}}}
            ),
            broke=partial(self._broke, "assessor"),
        )

    def close(self) -> None:
        """Let them finish what they were told, and tell them of the end."""
        for kind, nni in (("assessor", self.assessor), ("tuner", self.tuner)):
            if nni is not None and not self._is_broken:
                try:
                    nni.close(_DRAIN)
                except BaseException as error:  # sys.exit() in a user's code included
                    self._broke(kind, error, "_on_exit")

    def on_error(self) -> None:
        """Tell them that the search ends for an error, each for a bounded time."""
        for users in self._users:
            thread = threading.Thread(target=_end_badly, args=(users,), daemon=True)
            thread.start()
            thread.join(_HOOK)

    def _broke(self, kind: str, error: BaseException, method: str) -> None:
        with self._lock:  # the first error is the one that is told
            if self._is_broken:
                return
            self._is_broken = True
        line = self._told(error, kind, method)
        self.on_error()
        self._say(line)


def _end_badly(users: Any) -> None:
    try:
        end(users, "_on_error")
    except BaseException:  # there is an error already, and it is the one to tell of
        traceback.print_exc()


def _environment(request: Mapping[str, Any]) -> dict[str, str]:
    """The variables that NNI gives its dispatcher."""
    choice = request["tuner"]
    last = bool(choice.get("include_intermediate_results"))
    found = {
        "NNI_MODE": "resume" if request.get("resume") else "create",
        "NNI_EXP_ID": request["experiment"],
        "NNI_INCLUDE_INTERMEDIATE_RESULTS": str(last).lower(),
    }
    if checkpoint := request.get("checkpoint"):
        found["NNI_CHECKPOINT_DIRECTORY"] = checkpoint
        found["NNI_LOG_DIRECTORY"] = os.path.dirname(checkpoint)
    return found

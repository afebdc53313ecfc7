"""The tuner and the assessor of a search, those of the two that have NNI's interface."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from nni.runtime.msg_dispatcher_base import MsgDispatcherBase

from ..process.construct import RefusedError
from ..process.protocol import Line, Setup
from .advisor import NniAdvisor
from .assessor import NniAssessor
from .tuner import NniTuner, call_hook

_DRAIN = 4.0  # seconds at the end of a search to deliver what has arrived
_HOOK = 4.0  # seconds that `_on_error` may take

Send = Callable[[Line], None]
DescribeError = Callable[[BaseException, str, str], Line]


class NniPlugins:
    """Creates them, and sends their notices and errors. Create it before user code is imported.

    Args:
        request: the request `setup`.
        code_dirs: directories of user code.
        send: writes a line to the controller, from any thread.
        describe_error: makes such a line of an error, the kind (`tuner` or `assessor`), and the
            method that raised it.
    """

    def __init__(
        self, request: Setup, code_dirs: Sequence[str], send: Send, describe_error: DescribeError
    ) -> None:
        self.tuner: NniTuner | NniAdvisor | None = None
        self.assessor: NniAssessor | NniAdvisor | None = None
        self._request, self._code_dirs = request, code_dirs
        self._send, self._describe_error = send, describe_error
        self._created: list[Any] = []  # the user's objects
        self._lock = threading.Lock()
        self._is_broken = False
        os.environ.update(_environment(request))
        logging.basicConfig(level=logging.INFO)  # NNI's level; the log is stderr

    def create_tuner(self, create: Callable[..., Any]) -> None:
        """Create the tuner, and restore its state on a resume. Raises what user code raises."""
        plugin = create(**self._request["tuner"].get("args", {}))
        self._created.append(plugin)
        if isinstance(plugin, MsgDispatcherBase):
            self.tuner = self._advisor(plugin)
            return
        self.tuner = NniTuner(
            plugin,
            self._request["space"],
            choice=self._request["tuner"],
            experiment=self._request["experiment"],
            resume=self._request.get("resume"),
            code_dirs=self._code_dirs,
            notify=lambda notice: self._send({"notice": notice}),
            failed=partial(self._fail, "tuner"),
        )

    def create_assessor(self, create: Callable[..., Any]) -> None:
        """Create the assessor, and restore its state on a resume. Raises what user code raises.

        An advisor is the tuner too, and is created once.
        """
        if isinstance(self.tuner, NniAdvisor):
            self.assessor = self.tuner
            return
        choice = self._request["assessor"]
        assert choice is not None
        plugin = create(**choice.get("args", {}))
        if isinstance(plugin, MsgDispatcherBase):
            raise RefusedError(f"{choice['class']} is an advisor: name it as the tuner too")
        self._created.append(plugin)
        if self._request.get("resume"):
            plugin.load_checkpoint()
        self.assessor = NniAssessor(
            plugin,
            experiment=self._request["experiment"],
            advise_stop=self._advise_stop,
            failed=partial(self._fail, "assessor"),
        )

    def close(self) -> None:
        """Process what has arrived, for a limited time, then call `_on_exit` of both."""
        assessor = None if self.assessor is self.tuner else self.assessor
        for kind, plugin in (("assessor", assessor), ("tuner", self.tuner)):
            if plugin is not None and not self._is_broken:
                try:
                    plugin.close(_DRAIN)
                except BaseException as error:  # sys.exit() in user code too
                    self._fail(kind, error, "_on_exit")

    def on_error(self) -> None:
        """Call `_on_error` of both, each for a limited time."""
        for plugin in self._created:
            thread = threading.Thread(target=_call_on_error, args=(plugin,), daemon=True)
            thread.start()
            thread.join(_HOOK)

    def _advisor(self, plugin: MsgDispatcherBase) -> NniAdvisor:
        class_ = self._request["tuner"]["class"]
        if (self._request["assessor"] or {}).get("class") != class_:
            raise RefusedError(f"{class_} is an advisor: name it as the assessor too")
        return NniAdvisor(
            plugin,
            self._request["space"],
            experiment=self._request["experiment"],
            resume=self._request.get("resume"),
            advise_stop=self._advise_stop,
            notify=lambda notice: self._send({"notice": notice}),
            failed=partial(self._fail, "tuner"),
        )

    def _advise_stop(self, trial: int, number: int, step: int) -> None:
        self._send({"notice": {"hopeless": {"trial": trial, "number": number, "step": step}}})

    def _fail(self, kind: str, error: BaseException, method: str) -> None:
        with self._lock:  # only the first error is reported
            if self._is_broken:
                return
            self._is_broken = True
        line = self._describe_error(error, kind, method)
        self.on_error()
        self._send(line)


def _call_on_error(plugin: Any) -> None:
    try:
        call_hook(plugin, "_on_error")
    except BaseException:  # the error before it is the one to report
        traceback.print_exc()


def _environment(request: Setup) -> dict[str, str]:
    """The environment variables that NNI sets for its dispatcher."""
    uses_last_report = bool(request["tuner"].get("include_intermediate_results"))
    found = {
        "NNI_MODE": "resume" if request.get("resume") else "create",
        "NNI_EXP_ID": request["experiment"],
        "NNI_INCLUDE_INTERMEDIATE_RESULTS": str(uses_last_report).lower(),
    }
    if checkpoint := request.get("checkpoint"):
        found["NNI_CHECKPOINT_DIRECTORY"] = checkpoint
        found["NNI_LOG_DIRECTORY"] = os.path.dirname(checkpoint)
    return found

"""Runs the tuner and the assessor in their own process. `bootstrap.py` starts it.

Requests come on stdin and answers go to stdout (see `protocol.py`). Tracebacks, and what the tuner
prints, go to stderr. The process ends when stdin ends. It imports little, so that it starts fast.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Optional

from ...assessors.interface import Assessor, history_of
from ...assessors.reports import Reports, TrialReports
from ..interface import Result, SearchFinished, Tuner
from ..registry import RegistryError, find, label, objective_arguments
from . import construct, plain_json
from .import_advice import import_advice
from .protocol import (
    Choice,
    Continued,
    Declared,
    Line,
    NniProposalAnswer,
    Observe,
    ProposalAnswer,
    Propose,
    Report,
    Request,
    Setup,
)
from .saved import States

if TYPE_CHECKING:
    from ..nni.plugins import NniPlugins

# Files of Heirloom's that call user code. Their frames are left out of error messages.
_CALLERS = (__file__, construct.__file__, plain_json.__file__, f"{Path(__file__).parents[1]}/nni/")
LINGER = 10.0  # seconds that a call may continue after the controller has gone


class Host:
    """Creates the tuner and the assessor, and calls them.

    Args:
        send: writes a line to the controller. Used between answers, from any thread.
    """

    def __init__(self, send: Callable[[Line], None]) -> None:
        self._send = send
        self._tuner: Tuner | None = None
        self._assessor: Assessor | None = None
        self._nni: NniPlugins | None = None  # set if one of the two has NNI's interface
        self._labels: dict[str, str] = {}  # by kind, for messages
        self._active = "tuner"  # the kind whose code runs
        self._code_dirs: list[str] = []
        self._reports = TrialReports(Reports)

    def answer(self, request: Request) -> Line:
        """Execute one request. Errors in user code become part of the answer."""
        self._active = "tuner"
        try:
            return {"ok": self._execute(request)}
        except SearchFinished as finished:
            return {"finished": str(finished) or "the tuner has nothing more to propose"}
        except BaseException as error:  # sys.exit() in user code too
            method = "" if request["call"] == "setup" else request["call"]
            line = self._describe_error(error, self._active, method)
            if self._nni is not None:
                self._nni.on_error()
            return line

    def close(self) -> None:
        """Tell tuner and assessor that the search has ended."""
        if self._nni is not None:
            self._nni.close()

    def _execute(self, request: Request) -> Any:
        if request["call"] == "setup":
            return self._setup(request)
        if request["call"] == "propose":
            return self._propose(request)
        if request["call"] == "observe":
            return self._observe(request)
        if request["call"] == "report":
            return self._report(request)
        if request["call"] == "continued":
            return self._continued(request)
        if request["call"] == "may_be_parent":
            return construct.possible_parents(self._tuner, request["trials"])
        if request["call"] == "state":
            return self._states.save()
        if request["call"] == "load_state":
            return self._states.load(request["saved"])
        if request["call"] == "conclude":
            return [] if self._tuner is None else construct.conclusion(self._tuner)
        if self._nni is not None and self._nni.tuner is not None:
            self._nni.tuner.set_open_trials(request["count"])
        return None

    def _describe_error(self, error: BaseException, kind: str, method: str) -> Line:
        """The line that reports an error to the controller. Its traceback goes to the log too."""
        traceback.print_exception(type(error), error, error.__traceback__)
        if isinstance(error, (RegistryError, construct.RefusedError)):
            return {"error": str(error)}
        name = type(error).__name__
        text = error.msg if isinstance(error, SyntaxError) else error  # msg leaves out the location
        where = f" in {method}" if method else ""
        where += f"{self._location(error)}{import_advice(error)}"
        line = {"error": f"{self._labels[kind]} raised {name}: {text}{where}"}
        if self._nni is not None:
            line["traceback"] = self._user_traceback(error)
        return line

    def _setup(self, request: Setup) -> Declared:
        random.seed(request["seed"])  # for tuners that use the module's own generator
        tuner, assessor = request["tuner"], request.get("assessor")
        choices = [tuner] if assessor is None else [tuner, assessor]
        if any(choice.get("interface") == "nni" for choice in choices):
            from ..nni.plugins import NniPlugins

            self._nni = NniPlugins(request, self._code_dirs, self._send, self._describe_error)
        create = self._load("tuner", tuner)
        if self._nni is not None and tuner.get("interface") == "nni":
            if request.get("resource") is not None:
                raise construct.RefusedError(f"{self._labels['tuner']} {construct.NO_RESOURCE}")
            self._nni.create_tuner(create)
            told = construct.NNI
        else:
            self._tuner = construct.construct(create, request, self._labels["tuner"])
            told = construct.declared(self._tuner)
        if assessor:
            self._active = "assessor"
            create = self._load("assessor", assessor)
            if self._nni is not None and assessor.get("interface") == "nni":
                self._nni.create_assessor(create)
            else:
                directions = objective_arguments(self._labels["assessor"], create, request)
                self._assessor = create(**directions, **assessor.get("args", {}))
        self._states = States(
            self._tuner, self._assessor, self._reports, self._labels, self._code_dirs
        )
        return told

    def _load(self, kind: str, choice: Choice) -> Any:
        """Import the class of a tuner or an assessor."""
        self._labels[kind] = label(kind, choice)
        if name := choice.get("name"):
            return find(kind, name)
        code_dir = f"{choice['code_dir']}{os.sep}"
        self._code_dirs.append(code_dir)
        sys.path.insert(0, code_dir)
        module, _, attribute = str(choice["class"]).rpartition(".")
        return getattr(importlib.import_module(module), attribute)

    def _propose(self, request: Propose) -> ProposalAnswer | NniProposalAnswer | Line | None:
        if self._nni is not None and self._nni.tuner is not None:
            return self._nni.tuner.propose(request["trial"], request.get("room", 1))
        assert self._tuner is not None
        return plain_json.plain_proposal(self._tuner.propose(request["trial"]))

    def _observe(self, request: Observe) -> None:
        fields = request["result"]
        tuples = {name: tuple(fields.get(name, ())) for name in ("parents", "restored")}
        result = Result(**{**fields, **tuples})
        self._reports.forget(result.trial_id)
        replay, succeeded = request.get("replay", False), result.state == "succeeded"
        if self._nni is not None and self._nni.assessor is not None:
            self._nni.assessor.trial_end(result.trial_id, succeeded, replay=replay)
        if self._assessor is not None:
            self._active = "assessor"
            self._assessor.trial_end(result.trial_id, succeeded)
            self._active = "tuner"
        if self._tuner is not None:
            self._tuner.observe(result)
        elif self._nni is not None and self._nni.tuner is not None and not replay:
            self._nni.tuner.observe(result)  # on replay it gets its results by `import_data`

    def _report(self, request: Report) -> Optional[int]:
        """The step at which the trial should stop. NNI's interface answers by a notice instead."""
        trial, number, replay = request["trial"], request["number"], request.get("replay", False)
        stop: Optional[int] = None
        for step, value in request["reports"]:
            if self._nni is not None and self._nni.assessor is not None:
                self._nni.assessor.report(trial, number, step, value, replay=replay)
            elif not self._assess(trial, number, step, value) and stop is None:
                stop = step
        return stop

    def _continued(self, request: Continued) -> None:
        """An attempt has the reports of an earlier one, up to a step."""
        trial, number = request["trial"], request["number"]
        source, step = request["source"], request["step"]
        if self._nni is not None and self._nni.assessor is not None:
            self._nni.assessor.continued(trial, number, source, step)
        self._reports.continue_from(trial, number, source, step)

    def _assess(self, trial: int, attempt: int, step: int, value: Any) -> bool:
        """Whether the trial should go on."""
        if isinstance(value, dict):
            value = value.get("default")
        if self._assessor is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            return True
        reports = self._reports.of(trial, attempt)
        reports.add(step, float(value))
        self._active = "assessor"
        return bool(self._assessor.assess(trial, history_of(reports.values)))

    def _location(self, error: BaseException) -> str:
        """` (FILE:LINE)` of an error in user code, or empty."""
        if isinstance(error, SyntaxError) and error.filename:
            return f" ({Path(error.filename).name}:{error.lineno})"
        frames = traceback.extract_tb(error.__traceback__)
        in_code_dirs = [frame for frame in frames if self._is_user_code(frame.filename)]
        in_libraries = [frame for frame in frames if not frame.filename.startswith(_CALLERS)]
        last = (in_code_dirs or in_libraries)[-1:]
        return f" ({Path(last[0].filename).name}:{last[0].lineno})" if last else ""

    def _user_traceback(self, error: BaseException) -> str:
        """The traceback, without the frames before the first one in user code."""
        trace = error.__traceback__
        while trace is not None and not self._is_user_code(trace.tb_frame.f_code.co_filename):
            trace = trace.tb_next
        return "".join(traceback.format_exception(type(error), error, trace))

    def _is_user_code(self, file: str) -> bool:
        return file.startswith(tuple(self._code_dirs))


def _read_ahead(stream: BinaryIO) -> Iterator[bytes]:
    """Lines of a stream. A thread reads them, so that the end is noticed during a call."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)
        time.sleep(LINGER)
        os._exit(1)  # a call that never returns must not outlive the controller

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, None)


def main() -> None:
    """Answer requests until stdin ends."""
    # The protocol uses private copies of stdin and stdout. A tuner that prints writes to the log,
    # and one that reads stdin finds it empty.
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    lock = threading.Lock()

    def send(line: Line) -> None:
        with lock, contextlib.suppress(BrokenPipeError):  # the end of stdin reports this as well
            answers.write(json.dumps(line).encode() + b"\n")

    host = Host(send)
    for line in _read_ahead(requests):
        send(host.answer(json.loads(line)))
    host.close()

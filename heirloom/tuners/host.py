"""The tuner's own process: JSON lines in, JSON lines out. `bootstrap.py` starts it.

Every line in is one call, `{"call": NAME, ...}`; each gets one line back, in order: `{"ok": ...}`,
`{"finished": WORDS}` when the tuner ends the search, or `{"error": WORDS}`. The first call is
`setup`. A tuner or an assessor with NNI's interface speaks unasked as well, in between:
`{"notice": {KIND: ...}}`, and `{"error": WORDS, "traceback": TEXT}`. Tracebacks, and whatever the
tuner prints, go to stderr. It ends when stdin does. Imports as little as it can, to start fast.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import queue
import random
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..assessors import Assessor
from . import plain_json
from .interface import Result, SearchFinished, Tuner
from .registry import RegistryError, find, label

if TYPE_CHECKING:
    from .nni.side import Side

_CALLERS = (__file__, plain_json.__file__, f"{Path(__file__).parent}/nni/")  # of users' code
_MOVED = re.compile(r"\bcontroller\.(tuners|assessors|space)\b")  # where Heirloom's classes were
LINGER = 10.0  # seconds that a call may go on after the controller is gone

Request = dict[str, Any]


class Host:
    """Makes the tuner and the assessor, and calls them. `say` writes a line unasked."""

    def __init__(self, say: Callable[[dict[str, Any]], None]) -> None:
        self._say = say
        self._tuner: Tuner | None = None
        self._assessor: Assessor | None = None
        self._nni: Side | None = None  # which has those of the two that have NNI's interface
        self._labels: dict[str, str] = {}  # of tuner and assessor, for the words of an error
        self._acting = "tuner"  # which of them is called
        self._code: list[str] = []  # directories of users' code
        self._histories: dict[int, tuple[int, list[float]]] = {}  # by trial: attempt, values

    def answer(self, request: Request) -> dict[str, Any]:
        """Carry out one call. Whatever goes wrong in a user's code is told in the answer."""
        call = request["call"]
        self._acting = "tuner"
        try:
            return {"ok": getattr(self, f"_{call}")(request)}
        except SearchFinished as finished:
            return {"finished": str(finished) or "the tuner has nothing more to propose"}
        except BaseException as error:  # sys.exit() in a user's code included
            told = self._told(error, self._acting, "" if call == "setup" else call)
            if self._nni is not None:
                self._nni.on_error()
            return told

    def close(self) -> None:
        """The controller wants no more."""
        if self._nni is not None:
            self._nni.close()

    def _told(self, error: BaseException, kind: str, method: str) -> dict[str, Any]:
        """An error as the controller is told of it; its traceback goes to the log too."""
        traceback.print_exception(error)
        name = type(error).__name__
        words = error.msg if isinstance(error, SyntaxError) else error  # without its place
        doing = f" in {method}" if method else ""
        where = f"{doing}{self._place(error)}{_hint(error)}"
        if isinstance(error, RegistryError):
            return {"error": str(error)}
        told = {"error": f"{self._labels[kind]} raised {name}: {words}{where}"}
        if self._nni is not None:
            told["traceback"] = self._users_traceback(error)
        return told

    def _setup(self, request: Request) -> None:
        random.seed(request["seed"])  # for tuners that draw from the module itself
        tuner, assessor = request["tuner"], request.get("assessor")
        if "nni" in (tuner.get("interface"), (assessor or {}).get("interface")):
            from .nni.side import Side

            self._nni = Side(request, self._code, self._say, self._told)
        make = self._load("tuner", tuner)
        if self._nni is not None and tuner.get("interface") == "nni":
            self._nni.make_tuner(make)
        else:
            self._tuner = make(
                request["space"],
                seed=request["seed"],
                maximize=request["maximize"],
                **tuner.get("args", {}),
            )
        if assessor:
            self._acting = "assessor"
            make = self._load("assessor", assessor)
            if self._nni is not None and assessor.get("interface") == "nni":
                self._nni.make_assessor(make)
            else:
                self._assessor = make(maximize=request["maximize"], **assessor.get("args", {}))

    def _load(self, kind: str, choice: dict[str, Any]) -> Any:
        self._labels[kind] = label(kind, choice)
        if choice.get("name"):
            return find(kind, choice["name"])
        code = f"{choice['code_dir']}{os.sep}"
        self._code.append(code)
        sys.path.insert(0, code)
        module, _, attribute = choice["class"].rpartition(".")
        return getattr(importlib.import_module(module), attribute)

    def _propose(self, request: Request) -> dict[str, Any] | None:
        if self._nni is not None and self._nni.tuner is not None:
            return self._nni.tuner.propose(request.get("room", 1))
        assert self._tuner is not None
        return plain_json.plain_proposal(self._tuner.propose(request["trial"]))

    def _observe(self, request: Request) -> None:
        """`replay`: it is repeated after a resume, which NNI's interface does not know."""
        result = Result(**{**request["result"], "parents": tuple(request["result"]["parents"])})
        self._histories.pop(result.trial_id, None)
        replay, succeeded = request.get("replay", False), result.state == "succeeded"
        if self._nni is not None and self._nni.assessor is not None:
            self._nni.assessor.trial_end(result.trial_id, succeeded, replay=replay)
        if self._assessor is not None:
            self._acting = "assessor"
            self._assessor.trial_end(result.trial_id, succeeded)
            self._acting = "tuner"
        if self._tuner is not None:
            self._tuner.observe(result)
        elif self._nni is not None and self._nni.tuner is not None and not replay:
            self._nni.tuner.observe(result)

    def _under_way(self, request: Request) -> None:
        if self._nni is not None and self._nni.tuner is not None:
            self._nni.tuner.under_way(request["count"])

    def _report(self, request: Request) -> bool:
        """Whether the trial should go on; an assessor with NNI's interface says so later."""
        value = request["value"]
        if self._nni is not None and self._nni.assessor is not None:
            self._nni.assessor.report(
                request["trial"], request["number"], request["step"], value,
                replay=request.get("replay", False),
            )  # fmt: skip
            return True
        if isinstance(value, dict):
            value = value.get("default")
        if self._assessor is None or isinstance(value, bool) or not isinstance(value, (int, float)):
            return True
        trial, attempt = request["trial"], request["number"]
        if self._histories.get(trial, (attempt,))[0] != attempt:
            del self._histories[trial]  # a further attempt starts anew
        history = self._histories.setdefault(trial, (attempt, []))[1]
        history.append(float(value))
        self._acting = "assessor"
        return bool(self._assessor.assess(trial, list(history)))

    def _may_be_parent(self, request: Request) -> list[bool]:
        if self._tuner is None:
            return [False for _ in request["trials"]]  # with NNI's interface nothing names parents
        return [bool(self._tuner.may_be_parent(trial)) for trial in request["trials"]]

    def _place(self, error: BaseException) -> str:
        """Where in the user's code an error arose, as ` (FILE:LINE)`; empty where it did not."""
        if isinstance(error, SyntaxError) and error.filename:
            return f" ({Path(error.filename).name}:{error.lineno})"
        frames = traceback.extract_tb(error.__traceback__)
        theirs = [frame for frame in frames if frame.filename.startswith(tuple(self._code))]
        own = [frame for frame in frames if not frame.filename.startswith(_CALLERS)]
        where = (theirs or own)[-1:]
        return f" ({Path(where[0].filename).name}:{where[0].lineno})" if where else ""

    def _users_traceback(self, error: BaseException) -> str:
        """The traceback from the first frame in the user's code on."""
        trace = error.__traceback__
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith(
            tuple(self._code)
        ):
            trace = trace.tb_next
        return "".join(traceback.format_exception(type(error), error, trace))


def _hint(error: BaseException) -> str:
    """What to do about an import that fails in the user's code, as `; …`; empty for the rest."""
    if not isinstance(error, ImportError):
        return ""
    for frame in traceback.extract_tb(error.__traceback__):
        if moved := _MOVED.search(frame.line or ""):
            return f"; import from heirloom.{moved[1]} instead of {moved[0]}"
    if isinstance(error, ModuleNotFoundError):
        return f"; this Python, {sys.executable}, has no such module"
    return ""


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream, read ahead in a thread, so that its end is noticed during a call."""
    lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)
        time.sleep(LINGER)
        os._exit(1)  # a call that never ends must not outlive the controller

    threading.Thread(target=read, daemon=True).start()
    return iter(lines.get, None)


def main() -> None:
    """Serve calls until stdin ends."""
    # The protocol keeps private copies of the pipes: a tuner that prints or reads meets the log
    # and an empty file instead.
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(line: dict[str, Any]) -> None:
        with lock, contextlib.suppress(BrokenPipeError):  # the controller is gone: stdin tells too
            answers.write(json.dumps(line).encode() + b"\n")

    host = Host(say)
    for line in _lines(calls):
        say(host.answer(json.loads(line)))
    host.close()

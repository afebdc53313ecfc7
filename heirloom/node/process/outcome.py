"""What the end of a trial's process makes of its attempt."""

from __future__ import annotations

import errno
import os
import signal
from dataclasses import dataclass
from typing import Any, Optional

from .. import systemd
from ..spec import Spec
from . import result
from .ended import Ended
from .result import ResultError
from .running import Running

_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Finished:
    """A run that makes a verdict: succeeded or stopped."""

    state: str
    reason: str = ""
    value: Optional[float] = None
    result: Any = None  # everything that the trial reported as its result
    weights: bool = True  # whether its save path is to be kept


def judge(spec: Spec, running: Running, status: int, last_line: str) -> Finished:
    """The verdict a run has earned; `status` as subprocess has it. Raises Ended for none."""
    if running.ending == "stopped":
        return _stopped(spec, running.reason, weights=not running.killed)
    if running.ending is not None:
        raise Ended(running.ending, running.reason)
    if status != 0:
        words = _words(status)
        if systemd.out_of_memory():
            words = f"used more memory than {_limit(spec)} ({words})"
        raise Ended("failed", words + (f": {last_line}" if last_line else ""))
    try:
        said = _result(spec)
    except ResultError as error:
        raise Ended("failed", str(error)) from None
    if spec.weights == "required" and _is_empty(f"{spec.out}/weights"):
        raise Ended(
            "failed", "left its save path empty, and the experiment says `weights: required`"
        )
    return Finished("succeeded", "", _value(said), said or None)


def of_error(error: OSError) -> Ended:
    """How an attempt ends that the operating system let down."""
    what = f"{error.strerror or error}: {error.filename}" if error.filename else str(error)
    if error.errno in _FULL:
        return Ended("full", f"the store has no room: {what}")
    return Ended("refused", what)


def _stopped(spec: Spec, reason: str, *, weights: bool) -> Finished:
    try:
        said = _result(spec)
    except ResultError:
        said = {}
    value = _value(said) if said else result.last_report(f"{spec.directory}/metrics.jsonl")
    return Finished("stopped", reason, value, said or None, weights)


def _result(spec: Spec) -> dict[str, Any]:
    return result.read(f"{spec.directory}/result.json", needed=spec.value == "required")


def _value(said: dict[str, Any]) -> Optional[float]:
    value = said.get("value")
    return None if value is None else float(value)


def _is_empty(directory: str) -> bool:
    """Whether nothing lies in it. Of what is no directory the commit has something to say."""
    try:
        with os.scandir(directory) as entries:
            return next(entries, None) is None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False


def _limit(spec: Spec) -> str:
    if spec.memory is None:
        return "the node has"
    return f"its limit (trial.memory) of {spec.memory / 2**20:.0f} MiB"


def _words(status: int) -> str:
    if status > 0:
        return f"exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:  # a real-time signal
        name = f"signal {-status}"
    return f"killed by {name}" + (" (out of memory?)" if -status == signal.SIGKILL else "")

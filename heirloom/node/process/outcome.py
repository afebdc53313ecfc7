"""Derive the outcome of an attempt from the end of its process."""

from __future__ import annotations

import errno
import os
import signal
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Optional

from ...store.manifest import ManifestError
from ...store.os_errors import describe
from ..attempt_ended import AttemptEnded
from ..limits import cgroups, systemd
from ..limits.reasons import exceeded
from ..spec import Spec
from . import result
from .output_text import failure, quoted
from .process_monitor import ProcessMonitor
from .result import ResultError
from .tracebacks import ExceptionFinder

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class FinishedRun:
    """A run of the process that gives the trial its verdict: succeeded or stopped."""

    state: str
    reason: str = ""
    value: Optional[float] = None  # of the first objective
    values: Mapping[str, float] = field(default_factory=dict)  # by name, of named objectives
    result: Any = None  # the whole result that the trial reported
    weights: bool = True  # whether the save path is to be committed


def evaluate_run(
    spec: Spec, monitor: ProcessMonitor, status: int, lines: Sequence[str]
) -> FinishedRun:
    """The verdict that a run gives the trial. Raises AttemptEnded if it gives none.

    `status` is an exit status as in subprocess; `lines` are the end of the output.
    """
    if monitor.ending == "stopped":
        return _stopped(spec, monitor.reason, weights=not monitor.killed)
    if monitor.ending is not None:
        raise AttemptEnded(monitor.ending, monitor.reason)
    killed = cgroups.out_of_memory(systemd.scope_name(spec.experiment, spec.attempt))
    if killed and spec.memory is not None and status == 0:
        raise AttemptEnded("failed", f"{exceeded(spec.memory)} (the kernel killed a part of it)")
    finder = ExceptionFinder(spec.working_directory, f"{spec.root}/{spec.runtime}")
    if status != 0:
        reason = exit_reason(status, ran_out=monitor.memory_ran_out())
        if killed:
            reason = f"{exceeded(spec.memory)} ({reason})"
        printed = failure(lines, finder)
        raise AttemptEnded("failed", f"{reason}: {printed}" if printed else reason)
    untrained = _infeasible(spec)
    if untrained is not None:
        return untrained
    try:
        reported = _result(spec)
    except ResultError as error:  # a shell line may hide the exit code of a program in it
        printed = quoted(finder.find(lines))
        says = f" (its output says: {printed})" if printed else ""
        raise AttemptEnded("failed", f"{error}{says}") from None
    if spec.weights == "required" and _is_empty(f"{spec.out}/weights"):
        raise AttemptEnded(
            "failed", "left its save path empty, but the experiment says `weights: required`"
        )
    return _finished(spec, "succeeded", "", reported)


def exit_reason(status: int, *, ran_out: bool) -> str:
    """How a process ended that failed. `status` is as in subprocess.

    `ran_out`: whether the kernel killed processes for lack of memory meanwhile.
    """
    killed = status in (-signal.SIGKILL, 128 + signal.SIGKILL)  # the latter of a shell's child
    hint = " (the kernel killed processes for lack of memory)" if killed and ran_out else ""
    if status > 0:
        return f"exit code {status}{hint}"
    try:
        name = signal.Signals(-status).name
    except ValueError:  # a real-time signal
        name = f"signal {-status}"
    return f"killed by {name}" + (hint or (" (out of memory?)" if killed else ""))


def outcome_of_error(error: Exception, log: str) -> AttemptEnded:
    """The end of an attempt in whose supervisor an exception was raised.

    The traceback of an unexpected one goes to standard error, which is `log`.
    """
    if isinstance(error, AttemptEnded):
        return error
    if isinstance(error, OSError):
        what = describe(error)
        if error.errno in _NO_SPACE:
            return AttemptEnded("full", f"the store is full: {what}")
        return AttemptEnded("refused", what)
    if isinstance(error, ManifestError):
        return AttemptEnded("refused", str(error))
    os.write(
        2, "".join(traceback.format_exception(type(error), error, error.__traceback__)).encode()
    )
    reason = f"its supervisor failed ({type(error).__name__}: {error}): see {log}"
    return AttemptEnded("refused", reason)


def _stopped(spec: Spec, reason: str, *, weights: bool) -> FinishedRun:
    try:  # a trial that an early stop ended may have noted something without a value
        reported = result.read(f"{spec.directory}/result.json", needed=False, names=spec.objectives)
    except ResultError:
        reported = {}
    finished = _finished(spec, "stopped", reason, reported)
    if finished.value is None:
        value = result.last_report(f"{spec.directory}/metrics.jsonl")
        finished = replace(finished, value=value)
    return replace(finished, weights=weights)


def _infeasible(spec: Spec) -> Optional[FinishedRun]:
    """The end of a trial that found before training that it is out of bounds; None for others.

    Its result says so, and lacks a value, or has one that is out of bounds.
    """
    if not spec.objectives:
        return None
    try:
        reported = result.read(f"{spec.directory}/result.json", needed=False, names=spec.objectives)
    except ResultError:
        return None
    why = reported.get(result.INFEASIBLE)
    finished = _finished(spec, "stopped", "", reported)
    is_whole = len(finished.values) == len(spec.objectives)
    if not isinstance(why, str) or (is_whole and not _is_out_of_bounds(spec, finished.values)):
        return None
    return replace(finished, reason=f"infeasible: {quoted(why)}", weights=False)


def _is_out_of_bounds(spec: Spec, values: Mapping[str, float]) -> bool:
    return any(
        value < spec.bounds.get(name, {}).get("at_least", value)
        or value > spec.bounds.get(name, {}).get("at_most", value)
        for name, value in values.items()
    )


def _result(spec: Spec) -> dict[str, Any]:
    path, needed = f"{spec.directory}/result.json", spec.value == "required"
    return result.read(path, needed=needed, names=spec.objectives)


def _finished(spec: Spec, state: str, reason: str, reported: dict[str, Any]) -> FinishedRun:
    values = result.values(reported, spec.objectives)
    first = values.get(spec.objectives[0] if spec.objectives else result.VALUE)
    by_name = values if spec.objectives else {}
    return FinishedRun(state, reason, first, by_name, reported or None)


def _is_empty(directory: str) -> bool:
    """Whether a directory is empty. False for anything else, which the commit reports."""
    try:
        with os.scandir(directory) as entries:
            return next(entries, None) is None
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return False

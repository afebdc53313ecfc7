"""What a try-out measured, and what a whole search would take by that."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from controller.config import Experiment as Config
from controller.core.experiment import Experiment
from controller.core.model import State, Trial
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.limits.values import finite

_PARTS = ("verifying", "running", "committing")  # what a slot is taken for
_LINES = 20  # of the log that are shown of a trial that failed
_TAIL = 16 << 10  # bytes of the log that are read for them


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFigures:
    """One of the two trials. Times are durations in seconds, sizes are in bytes."""

    id: int
    params: Mapping[str, Any]
    state: State
    reason: str
    value: float | None
    values: Mapping[str, float]  # by name, of named objectives
    result: Any
    restored: Sequence[int]  # the trials whose weights it started from
    first_report: float | None  # after its process began
    seconds: float | None  # that it took a slot
    peak_memory: int | None  # of its largest process
    size: int  # of its weights
    shared: int  # of them stored once with the parent's
    files: int  # of its weights
    log: Sequence[str] = ()  # the end of its output, if it failed

    @property
    def has_failed(self) -> bool:
        """Whether it ended for a mistake."""
        return self.state in (State.FAILED, State.SKIPPED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a whole search takes."""

    trials: int | None  # None: as many as fit into the duration
    duration: float | None  # the budget's, in seconds
    at_once: int  # trials that run at the same time
    each: float  # seconds of a trial
    is_whole: bool  # whether a trial was trained to its end; else `each` is too little
    kept: int | None  # trials whose weights are kept; None: not known before
    size: int  # bytes of weights; all of them if `kept` is None

    @property
    def seconds(self) -> float:
        """The length of the search."""
        if self.trials is None:
            return self.duration or 0.0
        whole = math.ceil(self.trials / self.at_once) * self.each
        return whole if self.duration is None else min(whole, self.duration)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tryout:
    """What came of a try-out."""

    trials: Sequence[TrialFigures]  # the candidate, and the child if there was one
    limit: float  # seconds that each trial could train
    problem: str = ""  # why there is no candidate, or that the tuner failed
    traceback: str = ""  # of the tuner
    interrupted: bool = False
    left: str = ""  # what could not be removed, and why


def figures(root: Root, trial: Trial, first_report: float | None) -> TrialFigures:
    """The figures of a trial that has ended. `first_report` is the controller's measurement."""
    verdict = None
    with contextlib.suppress(OSError, manifest.ManifestError):
        verdict = manifest.read(RealFiles(), str(root.path), trial.id)
    started_at = None if verdict is None else verdict.started_at
    attempt = trial.attempts[-1] if trial.attempts else None
    parts = [trial.seconds[part] for part in _PARTS if part in trial.seconds]
    has_failed = trial.state is State.FAILED
    return TrialFigures(
        id=trial.id,
        params=trial.params,
        state=trial.state,
        reason=trial.reason,
        value=trial.value,
        values=trial.values,
        result=trial.result,
        restored=() if attempt is None else attempt.restore,
        first_report=_first_report(root, trial, started_at) or first_report,
        seconds=sum(parts) if "running" in trial.seconds else None,
        peak_memory=trial.peak_memory,
        size=trial.size,
        shared=trial.shared,
        files=0 if verdict is None else len(verdict.files),
        log=end_of_log(root, trial) if has_failed else (),
    )


def estimate(config: Config, at_once: int, trials: Sequence[TrialFigures]) -> Estimate | None:
    """What a search takes whose trials are like these. None if none of them ran.

    `at_once` is the number of trials that the nodes can run at the same time.
    """
    whole = [trial for trial in trials if trial.state is State.SUCCEEDED]
    timed = [trial.seconds for trial in whole or trials if trial.seconds is not None]
    if not timed:
        return None
    budget = config.budget
    at_once = min(at_once, budget.concurrency or at_once)
    each = sum(timed) / len(timed) if whole else max(timed)
    fitting = None
    if budget.trials is None and budget.duration is not None and each > 0:
        fitting = int(budget.duration / each * at_once)
    count = budget.trials if budget.trials is not None else fitting
    keep, _, best = config.keep.partition(" ")
    kept = {"all": count, "best": int(best or 0)}.get(keep)
    first = trials[0].size
    new = trials[-1].size - trials[-1].shared  # bytes that a further trial adds
    stored = kept if kept is not None else count
    return Estimate(
        trials=budget.trials,
        duration=budget.duration,
        at_once=at_once,
        each=each,
        is_whole=bool(whole),
        kept=kept,
        size=first + max(0, (stored or 1) - 1) * new,
    )


def problem_of(x: Experiment) -> tuple[str, str]:
    """Why no candidate was trained, or how the tuner failed, and its traceback; empty if it did."""
    over = x.search.over
    if over is not None and (over.error or not x.trials):
        return over.reason, over.traceback
    return "", ""


def _first_report(root: Root, trial: Trial, started_at: float | None) -> float | None:
    """By the node's own clock, if the trial reported in Python; else None."""
    if started_at is None or not trial.attempts:
        return None
    path = root.attempt(trial.id, trial.attempts[-1].number) / "metrics.jsonl"
    try:
        with path.open("rb") as file:
            at = json.loads(file.readline(_TAIL))["at"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return max(0.0, at - started_at) if finite(at) else None


def end_of_log(root: Root, trial: Trial) -> Sequence[str]:
    """The last lines that a trial printed, as far as they can be read."""
    if not trial.attempts:
        return ()
    path = root.attempt(trial.id, trial.attempts[-1].number) / "output.log"
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            text = file.read(_TAIL).decode(errors="replace")
    except OSError:
        return ()
    return text.splitlines()[-_LINES:]

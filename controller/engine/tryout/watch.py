"""Follows the two trials of a try-out, and stops each when it has shown enough."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Outcome
from controller.engine.observer import Situation
from controller.engine.tryout.tuner import CHILD
from controller.formats import duration
from controller.store.layout import Root

_SETTLED = 1.5  # seconds without a change after which weights count as written
_EVERY = 0.5  # seconds between two looks at the save path
_PATIENCE = 5.0  # seconds after which a wait for a slot is named
_QUIET = (Outcome.COMMITTED, Outcome.STOPPED, Outcome.CANCELLED, Outcome.FAILED, Outcome.TIMEOUT)

Listing = frozenset[tuple[str, int, int]]  # path, size, and time of the last change in ns


@dataclass(slots=True)
class _Running:
    """The attempt that runs. Times are monotonic, in seconds."""

    trial: int
    number: int
    since: float
    reports: int = 0
    is_stopped: bool = False


class TryoutWatch:
    """Watches a try-out. It is an observer of the loop.

    The candidate is stopped when it has reported and its weights are written: they have not changed
    for a while, or a report came after them. The child is stopped when it has reported. Both are
    stopped after `limit` seconds. Without `at_report` that is the only reason.

    Args:
        root: the experiment's directory on the store.
        limit: how long each trial may train, in seconds.
        at_report: whether a report is enough.
        post: takes events.
        say: prints a line.
    """

    def __init__(
        self,
        root: Root,
        limit: float,
        post: Callable[[Sequence[e.Event]], None],
        say: Callable[[str], None],
        *,
        at_report: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.first_reports: dict[int, float] = {}  # by trial: seconds after its process began
        self._root, self._limit, self._at_report = root, limit, at_report
        self._post, self._say, self._clock = post, say, clock
        self._running: _Running | None = None
        self._placed_at: float | None = None  # of an attempt that waits for a slot
        self._save_path = _SavePath(clock)

    def close(self) -> None:
        """End the thread that looks at the save path."""
        self._save_path.close()

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Take one event."""
        match event:
            case e.Placed():
                self._placed_at = self._clock()
            case e.Began():
                self._placed_at = None
                self._running = _Running(event.trial, event.number, self._clock())
                attempt = experiment.attempt(event.trial, event.number)
                where = f" on {attempt.node}" if attempt is not None else ""
                child = ", a child of trial 0," if event.trial == CHILD else ""
                trial = experiment.trial(event.trial)
                params = "" if trial is None else f": {json.dumps(trial.params)}"
                self._say(f"trial {event.trial}{child} runs{where}{params}")
            case e.Reported() | e.ReportedMany():
                self._reported(event)
            case e.Ended():
                self._running = None
                if event.outcome not in _QUIET:
                    self._say(f"trial {event.trial} could not run: {event.reason}")
            case e.VerdictSeen():
                why = f": {event.reason}" if event.reason else ""
                self._say(f"trial {event.trial} {event.state}{why}")

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Stop the trial that runs, if it is time to."""
        now, running = self._clock(), self._running
        if self._placed_at is not None and now - self._placed_at > _PATIENCE:
            self._placed_at = None
            self._say("waiting for a slot, or for the node to be prepared …")
        if running is None or running.is_stopped:
            return
        if now - running.since >= self._limit:
            self._stop(running, f"{duration(self._limit)} are over")
        elif self._at_report and running.reports and self._has_enough(running):
            self._stop(running, "it has reported")

    def _reported(self, event: e.Reported | e.ReportedMany) -> None:
        running = self._running
        if running is None or event.trial != running.trial:
            return
        running.reports += len(event.reports)
        self.first_reports.setdefault(event.trial, self._clock() - running.since)

    def _has_enough(self, running: _Running) -> bool:
        if running.trial == CHILD:
            return True
        weights = self._root.attempt(running.trial, running.number) / "out" / "weights"
        return self._save_path.is_written(weights, running.reports)

    def _stop(self, running: _Running, reason: str) -> None:
        running.is_stopped = True
        self._post(
            [
                e.StopAdvised(
                    at=time.time(), trial=running.trial, number=running.number, reason=reason
                )
            ]
        )


class _SavePath:
    """Looks at a save path in a thread of its own: a store that hangs must not hold the loop."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "save-path")
        self._looking: Future[Listing] | None = None
        self._next = 0.0
        self._last: Listing = frozenset()
        self._unchanged_since = 0.0
        self._reports: int | None = None  # how many there were when files were seen first

    def is_written(self, path: Path, reports: int) -> bool:
        """Whether there are files that have not changed for a while, or older than a report.

        `reports` is the number of reports so far.
        """
        now = self._clock()
        if self._looking is None:
            if now >= self._next:
                self._looking = self._thread.submit(listing, path)
            return False
        if not self._looking.done():
            return False
        found, self._looking, self._next = self._looking.result(), None, now + _EVERY
        if found != self._last:
            self._last, self._unchanged_since = found, now
        if found and self._reports is None:
            self._reports = reports
        is_older = self._reports is not None and reports > self._reports
        return bool(found) and (is_older or now - self._unchanged_since >= _SETTLED)

    def close(self) -> None:
        """End the thread, without waiting for it."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def listing(path: Path) -> Listing:
    """The files below a directory, as far as they can be read."""
    found = set()
    for top, _, names in os.walk(path):
        for name in names:
            file = Path(top, name)
            try:
                status = file.lstat()
            except OSError:
                continue
            found.add((str(file), status.st_size, status.st_mtime_ns))
    return frozenset(found)

"""The process of one exporter: `python -m controller.results.live.process NAME TOOL`.

Its cursor is the number of the last event that it has read, and what the tool has already. So it
may be killed at any moment: the next one begins with the trials that the tool lacks. The controller
holds the other end of its standard input, which ends with the controller.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable

from controller.core import events as e
from controller.results.live import REFUSED
from controller.results.tools import registry
from controller.results.tools.export import alone
from controller.results.tools.interface import Exporter
from controller.results.tools.source import Source
from controller.state import exporters
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.exporters import Status
from controller.state.home import Home
from controller.state.reading.follower import Follower
from heirloom.store import flock

_POLL = 1.0  # seconds between two looks at the journal
_SHARE = 10  # times as long as an export takes, the process rests after it
_LONGEST = 60.0  # seconds between two tries of an export that fails
_GIVE_UP = 600.0  # seconds after the search's end, while exports fail
_LIMIT = 600  # seconds after which SIGALRM ends a process whose call has not returned
_NICE = 10  # added to the niceness, since the controller and trials of this machine come first

Pause = Callable[[float], bool]
"""Waits so many seconds. Returns whether the controller still runs; if not, at once."""


class LiveExporter:
    """Exports each trial soon after its end, until the search has ended."""

    def __init__(
        self,
        place: ExperimentDir,
        tool: str,
        path: str,
        *,
        exporter: Exporter,
        pause: Pause,
        alarm: Callable[[int], object] = lambda seconds: None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`alarm` ends the process after so many seconds, unless 0 follows."""
        self._place = place
        self._tool = tool
        self._path = path
        self._exporter = exporter
        self._pause = pause
        self._alarm = alarm
        self._clock = clock
        self._sleep = sleep
        self._failures = 0  # in a row
        self._problem = ""
        self._has_controller = True

    def run(self) -> int:
        """Follow the search to its end, or to that of its controller. Returns the exit code.

        After the search's end, exports that fail are tried again for some minutes.
        """
        is_due, closed_at, is_first = True, None, True
        with Follower(self._place) as follower:
            while not follower.is_replaced:
                is_due = any(map(_completes_a_trial, follower.new())) or is_due
                closed = follower.experiment.closed is not None
                closed_at = (closed_at or self._clock()) if closed else None
                began = self._clock()
                is_due = is_due and not self._export()
                if not is_due and closed:
                    return 0
                if closed_at is not None and self._clock() > closed_at + _GIVE_UP:
                    return self._give_up()
                if not self._has_controller and not closed:
                    return 0
                # The first call prepares the tool, and takes longer than others.
                self._rest(0.0 if is_first else self._clock() - began)
                is_first = False
        return 0

    def _rest(self, took: float) -> None:
        rest = max(_POLL, _SHARE * took)
        if self._failures:
            rest = _POLL * 2 ** min(self._failures, 10)
        rest = min(rest, _LONGEST)
        if self._has_controller:
            self._has_controller = self._pause(rest)
        else:
            self._sleep(rest)

    def _export(self) -> bool:
        """Export what the tool lacks. Returns whether that succeeded."""
        self._report(busy_since=time.time())
        self._alarm(_LIMIT)
        try:
            with alone(self._place, self._tool):
                source = Source(records.load(self._place, curves=True))
                done = self._exporter.export(source, self._path)
        except Exception as error:  # of the tool, whatever it is
            self._failures += 1
            why = " ".join(str(error).split()) or type(error).__name__
            self._problem = f"fails, and tries again: {why}"
            _log(self._problem)
            self._report()
            return False
        finally:
            self._alarm(0)
        if self._failures:
            _log(f"works again: {done}")
        self._failures, self._problem = 0, ""
        self._report()
        return True

    def _give_up(self) -> int:
        """Tell what the user can do. Returns the exit code."""
        why = self._problem.partition(": ")[2]
        self._problem = f"has failed: {why}; {exporters.rest(self._place, self._tool)}"
        self._report()
        return REFUSED

    def _report(self, busy_since: float | None = None) -> None:
        try:
            exporters.write(self._place, self._tool, Status(busy_since, self._problem))
        except OSError as error:  # the disk is full, or the experiment was removed
            _log(f"its status cannot be written: {error}")


def _completes_a_trial(event: e.Event) -> bool:
    return isinstance(event, (e.VerdictSeen, e.Imported, e.Ended, e.Closed))


def _log(line: str) -> None:
    print(time.strftime("%Y-%m-%d %H:%M:%S"), line, flush=True)  # noqa: T201 - to its log


def _pause(seconds: float) -> bool:
    """Wait, and find out whether the controller still holds the other end of standard input."""
    return not select.select([sys.stdin], [], [], seconds)[0]


def main(name: str, tool: str) -> int:
    """Run an exporter of an experiment, one process at a time. Returns the exit code."""
    os.nice(_NICE)
    place = Home.of_user().find(name)
    path = records.read_config(place).exporters[tool]
    while flock.take(exporters.lock_file(place, tool)) is None:
        if not _pause(_POLL):  # one that an earlier controller started still exports
            return 0
    try:
        exporter = registry.create(tool, "exporters:")
    except registry.ExporterError as error:
        exporters.write(place, tool, Status(problem=f"cannot be used: {error}"))
        _log(f"cannot be used: {error}")
        return REFUSED
    return LiveExporter(
        place, tool, path, exporter=exporter, pause=_pause, alarm=signal.alarm
    ).run()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

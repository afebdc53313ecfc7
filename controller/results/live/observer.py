"""Starts the exporters of a search, looks after their processes, and names those with trouble."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.observer import Situation
from controller.errors import reason
from controller.results.live import REFUSED
from controller.state import exporters
from controller.state.experiment_dir import ExperimentDir
from controller.state.exporters import Status

_PACKAGES = Path(__file__).resolve().parents[3]  # the directory that holds `controller`
_MODULE = "controller.results.live.process"
_LOOK = 1.0  # seconds between two looks at the processes
_RESTARTS = (2.0, 10.0, 60.0)  # seconds after which a process that failed is started again
_LONG = 600.0  # seconds after which a process that failed counts as one that worked before
_LAST = 10.0  # seconds for which the end of a search waits for the last exports
_POLL = 0.05  # seconds between two looks then
_NEVER = float("inf")


@dataclass
class _Running:
    tool: str
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0  # in a row
    start_at: float = 0.0  # of the clock
    started_at: float = 0.0
    named: str = ""  # the trouble that was named last


class LiveExporters:
    """An observer whose methods never wait for an exporter, except `finish`."""

    def __init__(
        self,
        tools: Iterable[str],
        *,
        place: ExperimentDir,
        say: Callable[[str], None],
        program: Sequence[str] = (sys.executable, "-P", "-m", _MODULE),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`say` shows a line to the user."""
        self._place = place
        self._say = say
        self._program = program
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0
        self._running = [_Running(tool) for tool in tools]

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Take no notice: the processes read the journal."""

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Look after the processes, about once a second."""
        if self._running and self._clock() >= self._next:
            self._next = self._clock() + _LOOK
            for each in self._running:
                self._look(each)

    def finish(self, experiment: Experiment) -> None:
        """Wait a little for the last exports of a search that has ended.

        What is left goes on by itself. The exporters of a search that the controller leaves export
        once more, and end.
        """
        for each in self._running:
            self._release(each)
        if experiment.closed is None:
            return
        end = self._clock() + _LAST
        while (left := [each for each in self._running if each.start_at < _NEVER]) and (
            self._clock() < end
        ):
            for each in left:
                self._look(each)
                self._release(each)
            self._sleep(_POLL)
        for each in left:
            if each.process is not None:
                self._say(f"the exporter {each.tool} goes on by itself: see {self._log(each)}")
            else:
                rest = exporters.rest(self._place, each.tool)
                self._fail(each, f"has failed: {rest}; see {self._log(each)}")

    def _look(self, each: _Running) -> None:
        if each.process is None:
            if self._clock() >= each.start_at:
                self._start(each)
            return
        code = each.process.poll()
        if code is None:
            self._name(each, exporters.trouble(self._place, each.tool))
            return
        self._release(each)
        each.process = None
        if code in (0, REFUSED):
            each.start_at = _NEVER
            self._name(each, exporters.trouble(self._place, each.tool))
        else:
            self._failed(each, code)

    def _failed(self, each: _Running, code: int) -> None:
        """The process has ended in a way that was not its own decision."""
        if self._clock() - each.started_at > _LONG:
            each.starts = 1
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        if each.starts > len(_RESTARTS):
            each.start_at = _NEVER
            self._fail(each, f"ended {how}, and is not started again: see {self._log(each)}")
        else:
            each.start_at = self._clock() + _RESTARTS[each.starts - 1]
            self._fail(each, f"ended {how}, and is started again: see {self._log(each)}")

    def _start(self, each: _Running) -> None:
        paths = os.pathsep.join(filter(None, (str(_PACKAGES), os.environ.get("PYTHONPATH"))))
        each.starts += 1
        each.started_at = self._clock()
        try:
            log = self._log(each)
            log.parent.mkdir(mode=0o700, exist_ok=True)
            log.touch(mode=0o600)
            with log.open("ab") as output:
                each.process = subprocess.Popen(
                    [*self._program, self._place.name, each.tool],
                    env={**os.environ, "PYTHONPATH": paths},
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except OSError as error:
            each.start_at = _NEVER
            self._fail(each, f"cannot be started: {reason(error)}")

    def _fail(self, each: _Running, trouble: str) -> None:
        """Name the trouble of a process that cannot name it itself."""
        try:
            exporters.write(self._place, each.tool, Status(problem=trouble))
        except OSError as error:
            trouble = f"{trouble} (its status cannot be written: {reason(error)})"
        self._name(each, trouble)

    def _name(self, each: _Running, trouble: str) -> None:
        """Say what the trouble is, once, and that it is over."""
        if trouble == each.named:
            return
        self._say(f"the exporter {each.tool} {trouble or 'works again'}")
        each.named = trouble

    @staticmethod
    def _release(each: _Running) -> None:
        """End the standard input of a process, which tells it that the controller ends."""
        if each.process is not None and each.process.stdin is not None:
            each.process.stdin.close()

    def _log(self, each: _Running) -> Path:
        return self._place.exporters / f"{each.tool}.log"

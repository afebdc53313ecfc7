"""Runs the user's command `on_end` when the search ends or pauses, or a node is set aside.

The command runs in a session of its own on the controller's machine. It gets what happened in
environment variables: no text that a trial wrote gets into its shell line.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import State
from controller.engine.observer import Situation
from controller.state.experiment_dir import ExperimentDir
from heirloom.store.os_errors import describe

log = logging.getLogger(__name__)

_COUNTED = (State.SUCCEEDED, State.FAILED, State.STOPPED, State.SKIPPED, State.CANCELLED)
_AT_ONCE = 4  # commands that run at the same time; more wait
_MOST = 100  # that wait; more are dropped
_REASON = 2000  # characters
_LEAVE = 2.0  # seconds that running commands get when the controller leaves a search that goes on
_POLL = 0.05  # seconds
_KILLED = 5.0  # seconds that a killed command gets to end; in a hung system call it does not


@dataclass
class _Running:
    event: str
    process: subprocess.Popen[bytes]
    deadline: float
    late: bool = False


class OnEnd:
    """An observer that runs the command. Its methods never raise and never wait, except `finish`.

    What is journaled before this controller opened the experiment is not observed. So the command
    runs once for each happening, whatever is resumed later.
    """

    def __init__(
        self,
        command: str | Sequence[str] | None,
        timeout: float,
        *,
        place: ExperimentDir,
        directory: Path,
        say: Callable[[str], None],
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without a `command` nothing is run. It starts in `directory`, if that still exists.

        `say` shows a line of plain text to the user. `timeout` is in seconds.
        """
        self._argv = ["sh", "-c", command] if isinstance(command, str) else list(command or ())
        self._timeout = timeout
        self._place = place
        self._directory = directory
        self._say = say
        self._environment = environment
        self._clock = clock
        self._waiting: deque[dict[str, str]] = deque()
        self._at_end: dict[str, str] | None = None
        self._running: list[_Running] = []

    @property
    def _log(self) -> Path:
        return self._place.path / "on_end.log"

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Run the command for an event that it is for. That of the search's end waits for `finish`.

        By then the report is written.
        """
        if not self._argv:
            return
        match event:
            case e.Closed():
                self._at_end = self._facts(experiment, "end", event.at, event.reason)
            case e.Paused():
                self._add(self._facts(experiment, "pause", event.at, event.reason))
            case e.NodeSetAside():
                facts = self._facts(experiment, "node", event.at, event.reason, event.node)
                self._add(facts)

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Look after the commands that run."""
        self._poll()

    def finish(self, experiment: Experiment) -> None:
        """Run the command for the search's end, and wait for all that run, within their timeouts.

        A controller that leaves a search which goes on does not wait long.
        """
        if self._at_end is not None:
            self._add(self._at_end)
            self._at_end = None
        if experiment.closed is None and experiment.paused is None:
            self._waiting.clear()
            soon = self._clock() + _LEAVE
            for running in self._running:
                running.deadline = min(running.deadline, soon)
        noted_at = self._clock() + _LEAVE
        while self._running:
            time.sleep(_POLL)
            self._poll()
            if self._running and self._clock() >= noted_at:
                noted_at = float("inf")
                self._say(f"waiting for on_end ({self._timeout:g} s at most)")

    def _facts(
        self, experiment: Experiment, event: str, at: float, why: str, node: str = ""
    ) -> dict[str, str]:
        """The variables of the command, beside those of the controller."""
        best = None if experiment.best is None else experiment.trials[experiment.best]
        facts = {
            "EVENT": event,
            "NAME": self._place.name,
            "REASON": why,
            "NODE": node,
            "BEST_TRIAL": "" if best is None else str(best.id),
            "BEST_VALUE": "" if best is None or best.value is None else repr(best.value),
            "TRIALS": str(len(experiment.trials)),
            "SECONDS": f"{experiment.elapsed(at):.0f}",
            "REPORT": str(self._place.report),
            "LOG": str(self._place.controller_log),
        }
        facts |= {state.upper(): str(experiment.counts[state]) for state in _COUNTED}
        return {f"HEIRLOOM_{name}": _plain(text) for name, text in facts.items()}

    def _add(self, facts: dict[str, str]) -> None:
        if len(self._waiting) == _MOST:
            log.warning("on_end is not run for %s: too many wait", self._waiting.popleft())
        self._waiting.append(facts)
        self._poll()

    def _poll(self) -> None:
        """End what runs too long, report what failed, and start what waits."""
        for running in list(self._running):
            code = running.process.poll()
            if code is not None:
                self._running.remove(running)
                self._report(running, code)
            elif self._clock() >= running.deadline:
                running.late = True
                with contextlib.suppress(OSError):
                    os.killpg(running.process.pid, signal.SIGKILL)
                if self._clock() >= running.deadline + _KILLED:
                    self._running.remove(running)
                    self._report(running, -signal.SIGKILL)
        while self._waiting and len(self._running) < _AT_ONCE:
            self._start(self._waiting.popleft())

    def _start(self, facts: dict[str, str]) -> None:
        event = facts["HEIRLOOM_EVENT"]
        try:
            self._log.touch(mode=0o600)
            with self._log.open("ab", buffering=0) as output:
                output.write(f"--- {event} at {time.strftime('%Y-%m-%d %H:%M:%S')}\n".encode())
                process = subprocess.Popen(
                    self._argv,
                    env={**self._environment, **facts},
                    cwd=self._directory if self._directory.is_dir() else Path.home(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                )
        except (OSError, ValueError, RuntimeError) as error:
            why = describe(error) if isinstance(error, OSError) else str(error)
            self._say(f"on_end ({event}) cannot be started: {why}")
            return
        self._running.append(_Running(event, process, self._clock() + self._timeout))

    def _report(self, running: _Running, code: int) -> None:
        if running.late:
            what = "ran too long and was ended (on_end_timeout)"
        elif code < 0:
            what = f"was ended by signal {-code}"
        elif code > 0:
            what = f"failed with exit code {code}"
        else:
            return
        self._say(f"on_end ({running.event}) {what}: its output is in {self._log}")


def _plain(text: str) -> str:
    """A text that a variable can hold."""
    cut = text[:_REASON].replace("\0", " ")
    return cut.encode("utf-8", "replace").decode()

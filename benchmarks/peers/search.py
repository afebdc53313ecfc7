"""Runs one search with one tool, undisturbed or with a process that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import TOOLS
from controller.store import layout

PROGRAMS = Path(__file__).parent / "programs"
REPOSITORY = Path(__file__).resolve().parents[2]
LIMIT = 900.0  # seconds that a search may take
_EVERY = 0.05  # seconds between two looks at a file

Measured = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Peer:
    """A tool, ready to run.

    Args:
        name: in `TOOLS`.
        python: the interpreter of its environment.
        directory: where its searches work.
    """

    name: str
    python: Path
    directory: Path

    def work(self, name: str) -> Path:
        """An empty directory for a search."""
        directory = self.directory / f"{self.name}-{name}"
        layout.remove(directory)
        directory.mkdir(parents=True)
        return directory

    def run(
        self, work: Path, kind: str, trials: int, seconds: float, kill: str | None = None
    ) -> Measured:
        """Run a search to its end, or go on with it.

        kill: `driver`, one of the processes that were started, or `worker`, the process of a trial;
            it is killed (SIGKILL) when two trials have ended and another one runs.

        Raises RuntimeError if it does not end within `LIMIT`.
        """
        file = work / "measured.json"
        file.unlink(missing_ok=True)
        copies = str(TOOLS[self.name].processes)
        command = [
            *(sys.executable, "-m", "benchmarks.peers.reaper", str(file), copies),
            *self._command("run", work, kind, trials, seconds),
        ]
        with _temporary() as temporary, (work / "output.log").open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=self._environment(temporary),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
            try:
                if kill is not None:
                    _kill(kill, work, file, process)
                process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                raise RuntimeError(f"{self.name} does not end: see {work}/output.log") from None
            finally:
                process.terminate()  # it ends the others; nothing if it has ended
                process.wait()
        measured: Measured = json.loads(file.read_text())
        if "exits" not in measured:
            raise RuntimeError(f"{self.name} was not measured: see {work}/output.log")
        return measured

    def values(self, work: Path, kind: str, trials: int, seconds: float) -> list[float]:
        """The values that the tool knows of, one for each trial. Raises RuntimeError."""
        with _temporary() as temporary:
            done = subprocess.run(
                self._command("results", work, kind, trials, seconds),
                cwd=REPOSITORY,
                env=self._environment(temporary),
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0 or not done.stdout:
            raise RuntimeError(f"{self.name} has no results: {done.stderr.strip()[-300:]}")
        values: list[float] = json.loads(done.stdout.splitlines()[-1])
        return values

    def _command(self, what: str, work: Path, kind: str, trials: int, seconds: float) -> list[str]:
        program = PROGRAMS / f"{self.name}_search.py"
        return [str(self.python), str(program), what, str(work), kind, str(trials), str(seconds)]

    def _environment(self, temporary: str) -> dict[str, str]:
        """Heirloom is found by its path, and other tools do not see this environment."""
        hidden = ("VIRTUAL_ENV", "PYTHONPATH")
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        if self.name == "heirloom":
            return {**kept, "PYTHONPATH": str(REPOSITORY)}
        return {**kept, "TMPDIR": temporary}


def _temporary() -> tempfile.TemporaryDirectory[str]:
    """A directory for what a tool does not remove. Its path is short: Ray has sockets below it."""
    return tempfile.TemporaryDirectory(prefix="peers-", ignore_cleanup_errors=True)


def trace(work: Path) -> list[tuple[str, str, int]]:
    """What trials have noted: `begin` or `end`, their name, and their process."""
    file = work / "trace.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(what, name, pid) for what, name, pid, _ in map(json.loads, lines)]


def ended(work: Path) -> set[str]:
    """The names of the trials that have come to their end."""
    return {name for what, name, _ in trace(work) if what == "end"}


def _kill(kill: str, work: Path, file: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in _looks(lambda: process.poll() is None):
        done = ended(work)
        running = {
            name: pid for what, name, pid in trace(work) if what == "begin" and name not in done
        }
        if len(done) >= 2 and running and file.exists():
            victim = next(iter(running.values()))
            if kill == "driver":
                victim = json.loads(file.read_text())["pids"][0]
            os.kill(victim, signal.SIGKILL)
            return
    raise RuntimeError(f"no process could be killed: see {work}/output.log")


def _looks(runs: Callable[[], bool]) -> Iterator[None]:
    end = time.monotonic() + LIMIT
    while runs() and time.monotonic() < end:
        yield
        time.sleep(_EVERY)

"""Start the controller, and start it again whenever it has ended."""

from __future__ import annotations

import json
import subprocess
import threading

from tests.faults.environment import Environment
from tests.faults.search import NAME

_SECONDS = 180.0  # for a controller to end


class Terminal:
    """The controller of the search. Its output is kept in `output`."""

    def __init__(self, environment: Environment, file: str, *more: str) -> None:
        self._environment = environment
        self._run = ("run", file, *more)
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.output: list[str] = []
        self.finished = False

    @property
    def alive(self) -> bool:
        """Whether the controller runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The started process, while it runs."""
        return self._process.pid if self._process is not None and self.alive else None

    @property
    def code(self) -> int | None:
        """The exit code of the last controller."""
        return None if self._process is None else self._process.returncode

    @property
    def summary(self) -> str:
        """The controller's state, and its last output."""
        how = "it runs" if self.alive else f"exit code {self.code}"
        return f"{how}: {''.join(self.output[-3:]).strip()}"

    def state(self) -> str:
        """The experiment's state as `status` prints it; empty before it exists."""
        code, printed = self._environment.command("status", "--json")
        if code:
            return ""
        found = [each for each in json.loads(printed) if each["name"] == NAME]
        return str(found[0]["state"]) if found else ""

    def ensure(self) -> None:
        """Start the controller unless it runs or the search has ended."""
        if self.alive or self.finished:
            return
        self.join()
        state = self.state()
        if state == "finished":
            self.finished = True
            return
        self._process = self._environment.start(*(("resume", NAME) if state else self._run))
        self._reader = threading.Thread(target=self._read, args=(self._process,))
        self._reader.start()

    def join(self) -> None:
        """Wait until the controller has ended."""
        if self._process is not None and self._reader is not None:
            self._process.wait(_SECONDS)
            self._reader.join(_SECONDS)

    def kill(self) -> None:
        """End the started process."""
        if self._process is not None and self.alive:
            self._process.kill()
        self.join()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout:
            self.output.extend(process.stdout)

"""An experiment on a store and a node, for tests with real supervisors."""

import fcntl
import json
import os
import secrets
import threading
import time
from pathlib import Path
from typing import Any

import heirloom
from heirloom.node import attempts
from heirloom.store import manifest
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

TIMEOUT = 60.0  # seconds after which a wait fails
NOOP = 'echo "{\\"value\\": 1}" > "$HEIRLOOM_RESULT"'


class Lab:
    """An experiment's root on a store, and a node, in a directory of the test's own."""

    def __init__(self, base: Path) -> None:
        self.base = base  # outside the store: trials may write here
        # Unique on this machine: orphans are found by this name.
        self.root = base / "store" / "ann" / f"exp-{secrets.token_hex(4)}"
        self.run_dir = base / "run"
        self.slots = [{"name": str(number), "gpus": []} for number in range(4)]
        for name in ("attempts", "trials", "code", "runtime/1", "mail/tmp", "mail/new"):
            (self.root / name).mkdir(parents=True)
        (self.root / "runtime/1/heirloom").symlink_to(heirloom.__path__[0])
        self._started: list[str] = []

    def spec(self, attempt: str, command: str | list[str] = NOOP, **more: Any) -> dict[str, Any]:
        return {
            "format": 1,
            "attempt": attempt,
            "experiment": self.root.name,
            "root": str(self.root),
            "node": "here",
            "command": command,
            "runtime": "runtime/1",
            "params": {},
            "grace": 5.0,
        } | more

    def start(self, *specs: dict[str, Any]) -> list[str]:
        """The state that was found for each."""
        self._started += [spec["attempt"] for spec in specs]
        answers = attempts.start(str(self.run_dir), self.slots, list(specs))
        return [answer["found"] for answer in answers]

    def run(self, attempt: str, command: str | list[str] = NOOP, **more: Any) -> dict[str, Any]:
        """Start one attempt and wait for its end. Returns the `ended` message."""
        assert self.start(self.spec(attempt, command, **more)) == ["started"]
        return self.ended(attempt)

    def end(self, attempt: str, how: str, reason: str = "") -> str:
        requests = [{"attempt": attempt, "how": how, "reason": reason}]
        return str(attempts.end(str(self.run_dir), self.root.name, requests)[0]["found"])

    def probe(self, attempt: str) -> str:
        return str(attempts.probe(str(self.run_dir), self.root.name, [attempt])[0]["found"])

    def ended(self, attempt: str) -> dict[str, Any]:
        """Wait until the attempt's supervisor has ended; returns its `ended` message."""
        self.await_death(attempt)
        [answer] = attempts.probe(str(self.run_dir), self.root.name, [attempt])
        assert answer["found"] == "ended", answer
        return dict(answer["outcome"])

    def wait_for_log(self, attempt: str, text: str) -> None:
        """Wait until the attempt's log has the text."""
        log = self.attempt(attempt) / "output.log"

        def wait() -> None:
            while not (log.exists() and text in log.read_text()):
                time.sleep(0.02)

        within_timeout(wait)

    def await_death(self, attempt: str) -> None:
        self.await_lock(self.local(f"{attempt}.claim"))

    def await_lock(self, path: Path) -> None:
        """Wait until no process holds the lock on the file."""

        def wait() -> None:
            with path.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH)

        within_timeout(wait)

    def supervisor(self, attempt: str) -> int:
        return int(json.loads(self.local(f"{attempt}.claim").read_text())["pid"])

    def local(self, name: str) -> Path:
        return self.run_dir / self.root.name / name

    def attempt(self, attempt: str) -> Path:
        return self.root / "attempts" / attempt

    def verdict(self, trial: int) -> Manifest | None:
        return manifest.read(RealFiles(), str(self.root), trial)

    def mail(self, attempt: str, kind: str) -> dict[str, Any]:
        return dict(json.loads((self.root / f"mail/new/{attempt}.{kind}.json").read_text()))

    def fifo(self, name: str) -> "Fifo":
        return Fifo(self.root / name)

    def sweep(self) -> None:
        """End what a failed test left running."""
        for attempt in self._started:
            if self.probe(attempt) == "running":
                self.end(attempt, "cancelled")
                self.await_death(attempt)


class Fifo:
    """A FIFO by which a trial and its test wait for each other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        os.mkfifo(path)

    def receive(self) -> str:
        """Wait for a line from the other side, and return it."""
        contents: list[str] = []
        within_timeout(lambda: contents.append(self.path.read_text()))
        return contents[0]

    def send(self) -> None:
        """Send a line to the other side, which waits for it."""
        within_timeout(lambda: self.path.write_text("go\n"))


def within_timeout(wait: Any) -> None:
    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    thread.join(TIMEOUT)
    assert not thread.is_alive(), f"no event within {TIMEOUT} s"

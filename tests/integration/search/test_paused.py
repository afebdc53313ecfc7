"""A search whose trials fail alike is paused, and goes on when its user says so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from controller.core import events as e
from controller.state.journal import Journal
from tests.integration.search.conftest import PATIENCE, REPOSITORY, Lab

TYPO = "import os\ndef train(:\n"


def events(lab: Lab) -> list[e.Event]:
    with Journal.open(lab.home / "experiments/search/journal.db", readonly=True) as journal:
        return [event for _, event in journal.read()]


def told(lab: Lab) -> list[str]:
    """The events for which `on_end` ran."""
    return (lab.path / "told").read_text().split()


@pytest.fixture
def file(lab: Lab) -> Path:
    lab.write("code/train.py", TYPO)
    return lab.experiment(
        "python train.py",
        budget={"trials": 12, "concurrency": 2},
        on_end=f'echo "$HEIRLOOM_EVENT" >> "{lab.path}/told"',
    )


def test_a_typo_pauses_the_search_and_resume_goes_on(lab: Lab, file: Path) -> None:
    output = lab("run", file, code=1)
    assert "paused: 3 trials in a row failed alike" in output
    assert "train.py:2: SyntaxError: invalid syntax" in output
    assert "resume search" in output
    assert told(lab) == ["pause"]
    first = lab.trials()
    assert all(trial["state"] in ("failed", "ready") for trial in first)
    assert len(first) <= 5
    status = lab("status", "search")
    assert "SyntaxError" in status
    assert "no controller runs it: python -m controller resume search" in status
    assert lab("status").splitlines()[1].split()[:2] == ["search", "paused"]
    assert "Paused" not in lab("resume", "search", "--keep-going", code=1)
    assert lab("status").splitlines()[1].split()[:2] == ["search", "finished"]
    assert [trial["state"] for trial in lab.trials()] == ["failed"] * 12
    assert sum(isinstance(event, e.Paused) for event in events(lab)) == 1
    assert told(lab) == ["pause", "end"]  # once each, whatever is resumed


def test_failures_are_counted_anew_after_resume(lab: Lab, file: Path) -> None:
    lab("run", file, code=1)
    before = sum(trial["state"] == "failed" for trial in lab.trials())
    lab("resume", "search", code=1)
    after = sum(trial["state"] == "failed" for trial in lab.trials())
    assert after >= before + 3
    assert sum(isinstance(event, e.Paused) for event in events(lab)) == 2


class Terminal:
    """A command with a terminal on which a user answers."""

    def __init__(self, lab: Lab, *words: str | Path) -> None:
        user, of_command = pty.openpty()
        self._user = user
        self.shown = ""
        self._read = 0
        self.process = subprocess.Popen(
            ["setsid", "--ctty", sys.executable, "-m", "controller", *map(str, words)],
            cwd=REPOSITORY,
            env=lab.environment | {"TERM": "dumb"},
            stdin=of_command,
            stdout=of_command,
            stderr=of_command,
        )
        os.close(of_command)

    def read_until(self, text: str) -> None:
        """Wait for a text after the one that was waited for before."""
        while (at := self.shown.find(text, self._read)) < 0:
            try:
                data = os.read(self._user, 4096)
            except OSError:  # the command has ended
                data = b""
            assert data, self.shown
            self.shown += data.decode(errors="replace")
        self._read = at + len(text)

    def answer(self, line: str) -> None:
        os.write(self._user, f"{line}\n".encode())

    def end(self) -> int:
        self.read_until("go on with: ")
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        os.close(self._user)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def terminal(lab: Lab, file: Path) -> Iterator[Terminal]:
    with closing(Terminal(lab, "run", file)) as opened:
        yield opened


def test_on_a_terminal_the_user_is_asked(lab: Lab, terminal: Terminal) -> None:
    terminal.read_until("(g)o on with the search all the same")
    terminal.answer("what?")
    terminal.read_until("(g)o on with the search all the same")
    terminal.answer("g")
    terminal.read_until("paused: 3 trials in a row")
    terminal.read_until("(g)o on with the search all the same")
    terminal.answer("e")
    assert terminal.end() == 1
    kinds = [type(event) for event in events(lab) if isinstance(event, e.Paused | e.Continued)]
    assert kinds == [e.Paused, e.Continued, e.Paused]


def test_a_question_does_not_keep_a_stop_from_the_search(lab: Lab, terminal: Terminal) -> None:
    terminal.read_until("(g)o on with the search all the same")
    assert "its controller waits" in lab("status", "search")
    lab("stop", "search")
    terminal.read_until("report: ")
    assert terminal.process.wait(PATIENCE) == 130

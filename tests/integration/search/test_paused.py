"""A search whose trials fail alike is paused, and goes on when its user says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.core import events as e
from controller.state.journal import Journal
from tests.integration.search.conftest import Lab

TYPO = "import os\ndef train(:\n"


def events(lab: Lab) -> list[e.Event]:
    with Journal.open(lab.home / "experiments/search/journal.db", readonly=True) as journal:
        return [event for _, event in journal.read()]


@pytest.fixture
def file(lab: Lab) -> Path:
    lab.write("code/train.py", TYPO)
    return lab.experiment("python train.py", budget={"trials": 12, "concurrency": 2})


def test_a_typo_pauses_the_search_and_resume_goes_on(lab: Lab, file: Path) -> None:
    output = lab("run", file, code=1)
    assert "paused: 3 trials in a row failed alike" in output
    assert "train.py:2: SyntaxError: invalid syntax" in output
    assert "resume search" in output
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


def test_failures_are_counted_anew_after_resume(lab: Lab, file: Path) -> None:
    lab("run", file, code=1)
    before = sum(trial["state"] == "failed" for trial in lab.trials())
    lab("resume", "search", code=1)
    after = sum(trial["state"] == "failed" for trial in lab.trials())
    assert after >= before + 3
    assert sum(isinstance(event, e.Paused) for event in events(lab)) == 2

"""Experiments that earlier versions ran: shown as they were then, and continued."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.golden.golden import FORMATS, Golden, rows
from tests.integration.search.conftest import Lab

NAMES = ("evolution", "family", "skipped", "nni")


@pytest.fixture(params=FORMATS)
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Golden:
    return Golden(request.param, tmp_path)


@pytest.fixture
def lab(golden: Golden) -> Lab:
    return Lab(golden.path)


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


def test_readers_answer_as_they_did(golden: Golden, lab: Lab) -> None:
    before = {name: golden.journal(name).read_bytes() for name in NAMES}
    expected = golden.expected
    status = json.loads(lab("status", "--json"))
    assert _as_then(status, expected["status"]) == expected["status"]
    assert lines(lab("status")) == lines(expected["table"])
    for name in NAMES:
        assert _details(lab("status", name)) == _details(expected["details"][name])
        then = expected["trials"][name]
        assert _as_then(lab.trials(name), then) == then
    for name, trial in [("evolution", 3), ("evolution", 8), ("family", 2), ("skipped", 3)]:
        shown = lab("show", name, str(trial))
        assert _details(shown) == _details(expected["shown"][name][trial])
    assert {name: golden.journal(name).read_bytes() for name in NAMES} == before


def _as_then(now: Any, then: Any) -> Any:
    """The answer without the keys that the earlier version did not have."""
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [_as_then(one, other) for one, other in zip(now, then, strict=True)]
    if isinstance(now, dict) and isinstance(then, dict):
        return {key: _as_then(value, then[key]) for key, value in now.items() if key in then}
    return now


def _details(text: str) -> list[list[str]]:
    """The words of each line, without lines that an earlier version did not print, or always did.

    The report is named where there is one, and an interrupted experiment has its last event.
    """
    found = [line.split() for line in lines(text)]
    new = ("report", "budget", "last event", "CPU time", "ancestors", "lost")
    return [words for words in found if not " ".join(words).startswith(new)]


def test_reports_are_drawn(golden: Golden, lab: Lab) -> None:
    for name in NAMES:
        assert lab("report", name).startswith("report: ")
        page = (golden.home / f"experiments/{name}/report.html").read_text()
        for trial in golden.expected["trials"][name]:
            if trial["value"] is not None:
                assert f"{trial['value']:.6g}" in page


def test_weights_are_as_they_were_committed_and_what_may_go_goes(golden: Golden, lab: Lab) -> None:
    expected = golden.expected
    for name in NAMES:
        assert _is_same(lab("verify", name), expected["verified"][name])
        could = expected["collectable"][name]
        assert lab("gc", name, "--dry-run") == could
        assert lab("gc", name) == could.replace("would remove", "removed")
        assert _is_same(lab("verify", name), expected["verified"][name])


def _is_same(now: str, then: str) -> bool:
    """Whether `verify` finds the same trials undamaged. The form of the sizes has changed."""
    return re.sub(r"with .* of", "", now) == re.sub(r"with .* of", "", then)


def test_an_interrupted_experiment_goes_on(golden: Golden, lab: Lab) -> None:
    before = rows(golden.journal("family"))
    lab("resume", "family")
    trials = lab.trials("family")
    assert [trial["state"] for trial in trials] == ["succeeded", "failed", *["succeeded"] * 5]
    assert [trial["restored"] for trial in trials] == [[], [0], [0], [2], [3], [4], [5]]
    then = golden.expected["trials"]["family"][:4]
    assert _as_then(trials[:4], then) == then
    for trial in trials:  # each wrote the name of the attempt that committed
        if trial["weights"]:
            committed = trial["attempts"][-1]["attempt"]
            assert (Path(trial["weights"]) / "w").read_text() == committed
    [copy] = golden.journal("family").parent.glob("journal.db.format-*")
    assert rows(copy) == before


def test_a_finished_experiment_runs_a_trial_again(golden: Golden, lab: Lab) -> None:
    lab("retry", "nni", "0")
    lab("resume", "nni")
    trials = lab.trials("nni")
    assert (trials[-1]["retry_of"], trials[-1]["state"]) == (0, "succeeded")
    then = golden.expected["trials"]["nni"]
    assert _as_then(trials[:-1], then) == then

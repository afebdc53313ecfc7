"""Experiments that earlier versions ran: shown as they were then, and continued."""

from __future__ import annotations

import json
import re
from pathlib import Path

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
    assert json.loads(lab("status", "--json")) == expected["status"]
    assert lines(lab("status")) == lines(expected["table"])
    for name in NAMES:
        assert _details(lab("status", name)) == _details(expected["details"][name])
        assert lab.trials(name) == expected["trials"][name]
    for name, trial in [("evolution", 3), ("evolution", 8), ("family", 2), ("skipped", 3)]:
        assert lines(lab("show", name, str(trial))) == lines(expected["shown"][name][trial])
    assert {name: golden.journal(name).read_bytes() for name in NAMES} == before


def _details(text: str) -> list[list[str]]:
    """The words of each line, without lines that an earlier version did not print, or always did.

    The report is named where there is one, and an interrupted experiment has its last event.
    """
    found = [line.split() for line in lines(text)]
    return [words for words in found if words[:1] != ["report"] and words[:2] != ["last", "event"]]


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
    assert trials[:4] == golden.expected["trials"]["family"][:4]
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
    assert trials[:-1] == golden.expected["trials"]["nni"]

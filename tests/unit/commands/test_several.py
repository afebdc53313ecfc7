"""Requests for several trials, on a terminal and elsewhere."""

import sys
from pathlib import Path

import pytest
import typer

from controller.commands.several import request
from controller.state.experiment_dir import ExperimentDir
from controller.state.inbox import Inbox
from controller.views import output
from tests.unit.views.trials.searches import Search


@pytest.fixture
def place(tmp_path: Path) -> ExperimentDir:
    search = Search(tmp_path)
    for _ in range(12):
        search.trial({})
    return search.place


def sent(place: ExperimentDir) -> int:
    return len(Inbox(place.inbox).receive())


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, answers: list[bool]) -> None:
    def answer(question: str, *, abort: bool) -> None:
        assert question == "cancel 12 trials of cnn?"
        if not answers.pop() and abort:
            raise typer.Abort

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    monkeypatch.setattr(typer, "confirm", answer)


def test_a_person_is_asked_before_many_are_cancelled(
    place: ExperimentDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_terminal(monkeypatch, [True, False])
    with pytest.raises(typer.Abort):
        request(place, "cancel", [], "running", yes=False)
    assert sent(place) == 0
    request(place, "cancel", [], "running", yes=False)
    assert sent(place) == 12


def test_nobody_is_asked_for_few_or_with_yes(
    place: ExperimentDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_a_terminal(monkeypatch, [])
    request(place, "cancel", range(10), None, yes=False)
    request(place, "cancel", range(12), None, yes=True)
    assert sent(place) == 22


def test_nobody_is_asked_without_a_terminal_and_nothing_is_no_mistake(
    place: ExperimentDir, capsys: pytest.CaptureFixture[str]
) -> None:
    request(place, "cancel", [], "running,armed", yes=False)
    assert sent(place) == 12
    request(place, "retry", [], "failed", yes=False)
    assert "cnn has no trial to retry in these states: failed" in capsys.readouterr().out

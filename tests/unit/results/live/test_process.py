"""An exporter that follows a search."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.core import events as e
from controller.results.live import REFUSED, process
from controller.results.live.process import LiveExporter
from controller.results.tools import registry
from controller.results.tools.registry import ExporterError
from controller.state import exporters
from controller.state.exporters import Status
from controller.views import tables
from controller.views.page import build
from heirloom.store import flock
from tests.unit.views.trials.searches import Search


class Tool:
    """Keeps the ids of the trials that it got. A problem is raised once for each that is given."""

    def __init__(self) -> None:
        self.got: list[int] = []
        self.problems: list[Exception] = []
        self.calls = 0

    def export(self, source: Any, path: str | None) -> str:
        self.calls += 1
        if self.problems:
            raise self.problems.pop()
        new = [each["id"] for each in source.trials(skip=self.got) if each["manifest"]]
        self.got += new
        return f"{len(new)} in {path}"


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path)
    search.place.exporters.mkdir()
    search.end(search.trial({"lr": 0.1, "depth": 1}), 0.5)
    return search


def follow(search: Search, tool: Tool, *then: Callable[[], object], lasts: bool = True) -> int:
    """Follow the search. In each pause the next of `then` happens; afterwards it is closed.

    With `lasts` false, the controller ends with the last of `then`.
    """
    steps = list(then)
    waits: list[float] = []

    def pause(seconds: float) -> bool:
        waits.append(seconds)
        if steps:
            steps.pop(0)()
            return lasts or bool(steps)
        if lasts:
            search.happen(e.Closed(at=99.0, reason="done"))
        return lasts

    now = iter(range(0, 10_000, 100))
    alarms: list[int] = []
    code = LiveExporter(
        search.place,
        "tool",
        "there",
        exporter=tool,
        pause=pause,
        alarm=alarms.append,
        clock=lambda: float(next(now)),
        sleep=lambda seconds: None,
    ).run()
    assert all(0 < wait <= 60 for wait in waits)
    assert alarms == [600, 0] * tool.calls
    return code


def test_each_trial_is_exported_once_when_it_has_ended(search: Search) -> None:
    tool = Tool()
    number = search.trial({"lr": 0.1, "depth": 1})
    assert follow(search, tool, lambda: None, lambda: search.end(number, 0.25)) == 0
    assert tool.got == [0, 1]
    assert exporters.read(search.place, "tool") == Status()


def test_the_last_trial_is_exported_although_the_search_is_closed_already(search: Search) -> None:
    tool = Tool()
    search.happen(e.Closed(at=99.0, reason="done"))
    assert follow(search, tool) == 0
    assert tool.got == [0]


def test_an_exporter_ends_with_its_controller_after_a_last_export(search: Search) -> None:
    tool = Tool()
    number = search.trial({"lr": 0.1, "depth": 1})
    assert follow(search, tool, lambda: search.end(number, 0.25), lasts=False) == 0
    assert tool.got == [0, 1]


def test_a_trial_that_may_still_report_is_exported_later(search: Search) -> None:
    tool = Tool()
    number = search.trial({"lr": 0.1, "depth": 1})
    seen: list[list[int]] = []

    def end() -> None:
        seen.append(list(tool.got))
        search.end(number, 0.25)

    assert follow(search, tool, lambda: search.succeed(number, value=0.25), lambda: None, end) == 0
    assert seen == [[0]]
    assert tool.got == [0, 1]


def test_what_failed_is_tried_again_and_the_problem_is_told(search: Search) -> None:
    tool = Tool()
    tool.problems = [OSError("no\nroute"), ValueError("bad")]
    told = []

    def look() -> None:
        told.append(exporters.read(search.place, "tool").problem)

    assert follow(search, tool, look, look, look) == 0
    assert told == ["fails, and tries again: bad", "fails, and tries again: no route", ""]
    assert tool.got == [0]


def test_the_problem_stays_told_while_it_is_tried_again(search: Search) -> None:
    told = []

    class Watched(Tool):
        def export(self, source: Any, path: str | None) -> str:
            told.append(exporters.read(search.place, "tool"))
            return super().export(source, path)

    tool = Watched()
    tool.problems = [ValueError("bad")]
    assert follow(search, tool) == 0
    assert [each.problem for each in told] == ["", "fails, and tries again: bad"] + [""] * (
        len(told) - 2
    )
    assert all(each.busy_since is not None for each in told)


def test_exports_that_fail_are_tried_again_after_the_end(search: Search) -> None:
    tool = Tool()
    tool.problems = [OSError("gone")] * 3
    closing = [
        lambda: search.happen(e.Closed(at=99.0, reason="done")),
        lambda: None,
    ]
    assert follow(search, tool, *closing, lasts=False) == 0
    assert tool.got == [0]


def test_it_gives_up_some_minutes_after_the_end_of_the_search(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = Tool()
    tool.problems = [OSError("gone")] * 1000
    search.happen(e.Closed(at=99.0, reason="done"))
    assert follow(search, tool, *[lambda: None] * 100) == REFUSED
    told = exporters.trouble(search.place, "tool")
    assert told.startswith("has failed: gone; `")
    assert told.endswith("export cnn --to tool PATH` writes the rest")


def test_a_search_that_was_extended_is_left_to_the_next_controller(search: Search) -> None:
    tool = Tool()
    tool.problems = [OSError("gone")] * 1000
    search.happen(e.Closed(at=99.0, reason="done"))
    opened = e.Opened(at=100.0)
    assert follow(search, tool, lambda: search.happen(opened), lasts=False) == 0
    assert exporters.trouble(search.place, "tool") == "fails, and tries again: gone"


def test_status_and_report_name_an_exporter_that_fails(
    search: Search, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = search.place.config.read_text()
    search.place.config.write_text(
        text.replace('"exporters": {}', '"exporters": {"tool": "there"}')
    )
    assert search.place.config.read_text() != text
    exporters.write(search.place, "tool", Status(problem="fails, and tries again: <no> route"))
    tables.status([search.place], detail=True, json=False)
    assert "exporter tool  fails, and tries again: <no> route" in capsys.readouterr().out
    tables.status([search.place], detail=False, json=True)
    assert '"trouble": "fails, and tries again: <no> route"' in capsys.readouterr().out
    page = build.draw(search.place, tmp_path / "page.html").read_text()
    assert r"The exporter tool fails, and tries again: \u003cno> route." in page


@pytest.fixture
def home(search: Search, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """HEIRLOOM_HOME with the search, whose exporter `csv` is the tool of the test."""
    home = tmp_path / "home"
    (home / "experiments").mkdir(parents=True)
    search.place.path.rename(home / "experiments/cnn")
    config = home / "experiments/cnn/experiment.yml"
    config.write_text(
        config.read_text().replace('"exporters": {}', '"exporters": {"csv": "there"}')
    )
    monkeypatch.setenv("HEIRLOOM_HOME", str(home))
    monkeypatch.setattr(os, "nice", lambda by: 0)
    monkeypatch.setattr(signal, "alarm", lambda seconds: 0)
    return home


def test_a_process_waits_for_that_of_an_earlier_controller(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = Tool()
    lock = flock.take(str(home / "experiments/cnn/exporters/csv.lock"))
    assert lock is not None
    waits = iter([lambda: None, lambda: os.close(lock), lambda: None])

    def pause(seconds: float) -> bool:
        then = next(waits, None)
        if then is not None:
            then()
        return then is not None

    monkeypatch.setattr(process, "_pause", pause)
    monkeypatch.setattr(registry, "create", lambda name, option: tool)
    assert process.main("cnn", "csv") == 0
    assert tool.got == [0]


def test_a_process_ends_with_its_controller_while_it_waits(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = flock.take(str(home / "experiments/cnn/exporters/csv.lock"))
    assert lock is not None
    monkeypatch.setattr(process, "_pause", lambda seconds: False)
    assert process.main("cnn", "csv") == 0


def test_an_exporter_that_cannot_be_used_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def create(name: str, option: str) -> Any:
        raise ExporterError(f"{option} {name} needs nothing")

    monkeypatch.setattr(registry, "create", create)
    assert process.main("cnn", "csv") == REFUSED
    assert (
        '"cannot be used: exporters: csv needs nothing"'
        in (home / "experiments/cnn/exporters/csv.json").read_text()
    )

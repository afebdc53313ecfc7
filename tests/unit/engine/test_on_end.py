"""The command `on_end` runs once for each happening, and never disturbs the loop."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.core import events as e
from controller.engine import on_end
from controller.engine.on_end import OnEnd
from controller.state.experiment_dir import ExperimentDir
from tests.unit.core.drive import Drive

FACTS = 'env | grep ^HEIRLOOM_ | sort > "facts.$HEIRLOOM_EVENT"'
Make = Callable[..., OnEnd]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def make(tmp_path: Path, said: list[str]) -> Make:
    def hook(command: str | list[str] | None, timeout: float = 60.0) -> OnEnd:
        place = ExperimentDir(tmp_path / "search")
        place.path.mkdir(exist_ok=True)
        return OnEnd(command, timeout, place=place, directory=tmp_path, say=said.append)

    return hook


def closed(reason: str = "the budget is used up") -> e.Closed:
    return e.Closed(at=10.0, reason=reason)


def test_facts_of_each_event_are_in_the_environment(make, said, tmp_path):
    d = Drive()
    d.commit(d.propose(), value=0.5)
    hook = make(FACTS)
    hook.tell(d.x, e.NodeSetAside(at=9.0, node="a", reason='"; rm $HOME\0', wait=5.0))
    hook.tell(d.x, e.NodeUp(at=9.5, node="a"))
    hook.tell(d.x, closed())
    assert not (tmp_path / "facts.end").exists()  # the report is not written yet
    hook.finish(d.x)
    node, end = (
        dict(line.split("=", 1) for line in (tmp_path / f"facts.{name}").read_text().splitlines())
        for name in ("node", "end")
    )
    assert (node["HEIRLOOM_NODE"], node["HEIRLOOM_REASON"]) == ("a", '"; rm $HOME ')
    assert (end["HEIRLOOM_NODE"], end["HEIRLOOM_REASON"]) == ("", "the budget is used up")
    assert (end["HEIRLOOM_BEST_TRIAL"], end["HEIRLOOM_BEST_VALUE"]) == ("0", "0.5")
    assert (end["HEIRLOOM_NAME"], end["HEIRLOOM_SUCCEEDED"]) == ("search", "1")
    assert said == []


@pytest.mark.parametrize(
    ("command", "timeout", "text"),
    [
        ("echo trouble; exit 3", 60.0, "on_end (end) failed with exit code 3: its output is in"),
        ("exec sleep 1000", 0.1, "on_end (end) ran too long and was ended (on_end_timeout)"),
        (["no-such-program"], 60.0, "on_end (end) cannot be started: no such file or directory"),
        ("kill -9 $$", 60.0, "on_end (end) was ended by signal 9"),
    ],
)
def test_failures_are_said(make, said, tmp_path, command, timeout, text):
    d = Drive()
    hook = make(command, timeout)
    d.x.closed = closed()
    hook.tell(d.x, closed())
    hook.finish(d.x)
    [line] = said
    assert line.startswith(text)
    if "trouble" in command:
        assert (tmp_path / "search/on_end.log").read_text().endswith("trouble\n")


def test_many_happenings_run_a_few_at_a_time(make, said, tmp_path):
    d = Drive()
    hook = make("echo x >> runs")
    for _ in range(20):
        hook.tell(d.x, e.Paused(at=1.0, reason="alike", trials=(0,)))
        assert len(hook._running) <= 4
    d.x.closed = closed()
    hook.finish(d.x)
    assert (tmp_path / "runs").read_text() == "x\n" * 20
    assert said == []


def test_a_controller_that_leaves_waits_for_no_command(make, said, monkeypatch):
    monkeypatch.setattr(on_end, "_LEAVE", 0.1)
    d = Drive()
    hook = make("exec sleep 1000")
    for _ in range(6):
        hook.tell(d.x, e.Paused(at=1.0, reason="alike", trials=(0,)))
    hook.finish(d.x)
    assert [line for line in said if "ran too long" in line]


def test_without_a_command_nothing_runs(make, said, tmp_path):
    d = Drive()
    hook = make(None)
    hook.tell(d.x, closed())
    hook.finish(d.x)
    assert not (tmp_path / "search/on_end.log").exists()
    assert said == []


def test_a_command_that_cannot_be_killed_is_left(make, said, monkeypatch):
    monkeypatch.setattr(on_end, "_KILLED", 0.1)
    monkeypatch.setattr("os.killpg", lambda group, signum: None)
    d = Drive()
    hook = make("exec sleep 1000", 0.05)
    hook.tell(d.x, e.NodeSetAside(at=9.0, node="a", reason="", wait=5.0))
    process = hook._running[0].process
    hook.finish(d.x)
    assert "ran too long and was ended" in said[0]
    process.kill()
    process.wait()


def test_a_command_whose_end_was_noticed_late_is_killed(make, said, monkeypatch):
    monkeypatch.setattr(on_end, "_KILLED", 0.0)  # the controller did not run meanwhile
    d = Drive()
    hook = make("exec sleep 1000", 0.05)
    hook.tell(d.x, e.NodeSetAside(at=9.0, node="a", reason="", wait=5.0))
    process = hook._running[0].process
    hook.finish(d.x)
    assert "ran too long and was ended" in said[0]
    try:
        assert process.wait(30) == -signal.SIGKILL
    finally:
        process.kill()

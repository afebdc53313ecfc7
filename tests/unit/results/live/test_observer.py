"""The controller's side of exporters: their processes, and what is said of them."""

import time
from pathlib import Path
from typing import Any

import pytest

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules
from controller.engine.observer import Situation
from controller.errors import HeirloomError
from controller.results.live import check, observers
from controller.results.live.observer import LiveExporters
from controller.results.tools import registry
from controller.state import exporters
from controller.state.experiment_dir import ExperimentDir
from controller.state.exporters import Status
from heirloom.store import flock


class Controller:
    """A controller whose exporter is a shell command. Its clock stands still unless it sleeps."""

    def __init__(self, path: Path, command: str) -> None:
        self.place = ExperimentDir(path)
        self.now = 0.0
        self.lines: list[str] = []
        self.experiment = Experiment(Rules())
        self.exporters = LiveExporters(
            ["tool"],
            place=self.place,
            say=self.lines.append,
            program=("sh", "-c", command),
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.process is not None and self.now < 5.0:
            self.process.wait()

    def look(self, after: float = 1.0) -> None:
        self.now += after
        self.exporters.refresh(self.experiment, Situation(now=self.now))

    @property
    def process(self) -> Any:
        [running] = self.exporters._running
        return running.process

    def close(self) -> None:
        self.experiment.apply(e.Closed(at=1.0, reason="done"))

    @property
    def trouble(self) -> str:
        return exporters.trouble(self.place, "tool")


def test_a_process_that_fails_is_started_again_and_named(tmp_path: Path) -> None:
    controller = Controller(tmp_path, "echo $0 $1; exit 3 $(kill -9 $$)")
    for _ in range(4):
        controller.look(100.0)
        controller.process.wait()
        controller.look()
        assert controller.process is None
    controller.look(1000.0)
    assert controller.process is None
    log = tmp_path / "exporters/tool.log"
    assert log.read_text() == f"{tmp_path.name} tool\n" * 4
    ended = "ended by SIGKILL, and is"
    again, never = f"{ended} started again: see {log}", f"{ended} not started again: see {log}"
    assert controller.lines == [f"the exporter tool {again}", f"the exporter tool {never}"]
    assert controller.trouble == never


def test_a_process_that_fails_once_a_day_is_always_started_again(tmp_path: Path) -> None:
    controller = Controller(tmp_path, "exit 1")
    for _ in range(9):
        controller.look(100.0)
        controller.process.wait()
        controller.look(86_400.0)
        assert controller.process is None
    assert controller.trouble.startswith("ended with exit code 1, and is started again")


def test_a_process_that_cannot_export_says_why_and_is_not_started_again(tmp_path: Path) -> None:
    controller = Controller(
        tmp_path, f'echo \'{{"problem": "is no good"}}\' > {tmp_path}/exporters/$1.json; exit 3'
    )
    controller.look()
    controller.process.wait()
    controller.look()
    controller.look(1000.0)
    assert controller.process is None
    assert controller.lines == ["the exporter tool is no good"]


def test_trouble_and_its_end_are_named_once(tmp_path: Path) -> None:
    controller = Controller(tmp_path, "cat > /dev/null")
    controller.look()
    assert oct((tmp_path / "exporters").stat().st_mode)[-3:] == "700"
    lock = flock.take(exporters.lock_file(controller.place, "tool"))
    exporters.write(controller.place, "tool", Status(problem="fails: no route"))
    controller.look()
    exporters.write(
        controller.place, "tool", Status(busy_since=time.time(), problem="fails: no route")
    )
    controller.look()
    exporters.write(controller.place, "tool", Status(busy_since=time.time() - 100))
    controller.look()
    controller.look()
    exporters.write(controller.place, "tool", Status(busy_since=time.time()))
    controller.look()
    assert lock is not None
    assert [line[:37] for line in controller.lines] == [
        "the exporter tool fails: no route",
        "the exporter tool has not answered si",
        "the exporter tool works again",
    ]
    process = controller.process
    controller.exporters.finish(controller.experiment)
    assert process.wait() == 0  # its standard input has ended


def test_a_process_that_was_killed_in_a_call_does_not_hang(tmp_path: Path) -> None:
    place = ExperimentDir(tmp_path)
    place.exporters.mkdir()
    exporters.write(place, "tool", Status(busy_since=1.0))
    killed = exporters.trouble(place, "tool")
    assert killed.startswith("was killed while it exported: `")
    Path(exporters.lock_file(place, "tool")).touch()
    assert exporters.troubles(place, ["tool", "other"]) == {"tool": killed}


def test_a_status_that_is_no_status_is_that_of_an_idle_exporter(tmp_path: Path) -> None:
    place = ExperimentDir(tmp_path)
    place.exporters.mkdir()
    for text in ("", "[]", '{"other": 1}'):
        (place.exporters / "tool.json").write_text(text)
        assert exporters.read(place, "tool") == Status()


def test_the_end_of_a_search_waits_for_the_last_exports(tmp_path: Path) -> None:
    controller = Controller(tmp_path, f"cat > /dev/null; touch {tmp_path}/done")
    controller.look()
    controller.close()
    controller.exporters.finish(controller.experiment)
    assert (tmp_path / "done").exists()
    assert controller.lines == []


def test_a_process_that_fails_at_the_end_is_started_again(tmp_path: Path) -> None:
    done = tmp_path / "done"
    controller = Controller(tmp_path, f"cat > /dev/null; mkdir {done} || exit 0; exit 1")
    controller.look()
    controller.close()
    controller.exporters.finish(controller.experiment)
    assert controller.process is None
    [line] = controller.lines
    assert line.startswith("the exporter tool ended with exit code 1, and is started again")


def test_what_nobody_exports_after_the_end_is_told(tmp_path: Path) -> None:
    controller = Controller(tmp_path, "exit 1")
    controller.look()
    controller.close()
    controller.exporters.finish(controller.experiment)
    assert f"export {tmp_path.name} --to tool PATH` writes the rest" in controller.lines[-1]
    assert "writes the rest" in controller.trouble


def test_an_exporter_that_hangs_at_the_end_goes_on_by_itself(tmp_path: Path) -> None:
    controller = Controller(tmp_path, "cat > /dev/null; sleep 0.1")
    controller.look()
    controller.close()
    controller.now = 100.0
    process = controller.process
    controller.exporters.finish(controller.experiment)
    assert "goes on by itself" in controller.lines[0]
    assert process.wait() == 0


def test_a_program_that_does_not_exist_is_named(tmp_path: Path) -> None:
    controller = Controller(tmp_path, "")
    controller.exporters._program = ("/no/such/program",)
    controller.look()
    controller.look()
    assert controller.lines == ["the exporter tool cannot be started: no such file or directory"]
    assert controller.trouble.startswith("cannot be started")


def test_exporters_are_checked_before_a_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check({})
    check({"csv": "t.csv"})
    with pytest.raises(HeirloomError, match="exporters: tensorbord: unknown tool tensorbord"):
        check({"tensorbord": "runs"})
    monkeypatch.setattr(registry, "find_spec", lambda module: None)
    with pytest.raises(HeirloomError, match="exporters: tensorboard needs tensorboard in the"):
        check({"tensorboard": "runs"})
    assert observers({}, ExperimentDir(tmp_path), print) == []
    assert len(observers({"csv": "t.csv"}, ExperimentDir(tmp_path), print)) == 1

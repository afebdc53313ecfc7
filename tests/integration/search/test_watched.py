"""A search that other terminals watch."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from tests.integration.search.conftest import PATIENCE, Lab

TRAIN = """
    import time
    from pathlib import Path
    from heirloom import trial

    trial.report(0.25, step=3)
    Path("GO").with_name("began").touch()
    while not Path("GO").exists():
        time.sleep(0.05)
    trial.finish(0.5)
"""


@pytest.fixture
def file(lab: Lab) -> Path:
    lab.write("code/train.py", TRAIN.replace("GO", str(lab.path / "go")))
    return lab.experiment("python train.py", budget={"trials": 3, "concurrency": 2})


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """The first line that contains the text."""
    assert process.stdout is not None
    for line in process.stdout:
        if text in line:
            return line
    raise AssertionError(f"ended without {text!r}")


def test_watchers_see_a_search_to_its_end(lab: Lab, file: Path) -> None:
    with lab.start("run", file) as run:
        read_until(run, "store")
        with lab.start("watch") as by_itself, lab.start("watch", "search") as by_name:
            read_until(by_itself, "so far, run by process")
            read_until(by_name, "so far, run by process")
            by_name.send_signal(signal.SIGINT)
            assert by_name.wait(PATIENCE) == 130
            (lab.path / "go").touch()
            output, _ = by_itself.communicate(timeout=PATIENCE)
        assert run.wait(PATIENCE) == 0
    assert by_itself.returncode == 0
    assert "trial 2 succeeded  0.5" in output
    assert "3 succeeded; best: 0.5 by trial" in output.splitlines()[-1]


def test_a_watcher_waits_for_a_controller(lab: Lab, file: Path) -> None:
    with lab.start("run", file) as run:
        lab.wait((lab.path / "began").exists, "a trial that runs")
        run.send_signal(signal.SIGTERM)
        assert run.wait(PATIENCE) == 130
    with lab.start("watch", "search") as watch:
        read_until(watch, "no controller runs it: go on with `python -m controller resume search`")
        (lab.path / "go").touch()
        lab("resume", "search")
        output, _ = watch.communicate(timeout=PATIENCE)
    assert watch.returncode == 0
    assert "trial 2 succeeded  0.5" in output

"""Experiments run as a user runs them: `python -m controller` in processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from controller.state import record as records
from controller.state.home import Home

REPOSITORY = Path(__file__).resolve().parents[3]
# Python itself cannot start in a locale of ASCII if an editable installation (that of a clone) lies
# at a path that is not ASCII: it reads its .pth files in the locale's encoding.
ASCII_LOCALE = (
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    if str(REPOSITORY).isascii()
    else {"LC_ALL": "C.UTF-8"}
)
PATIENCE = 120  # seconds that anything here may take on a slow machine


@dataclass
class Lab:
    """A home of its own, and the command line on it."""

    path: Path

    @property
    def home(self) -> Path:
        return self.path / "home"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"HEIRLOOM_HOME": str(self.home), "COLUMNS": "200"}

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    def experiment(self, command: str | list[str], **more: Any) -> Path:
        """An experiment file whose code directory is `code`."""
        (self.path / "code").mkdir(exist_ok=True)
        trial = {"command": command, "code_dir": "code"} | more.pop("trial", {})
        keys = {
            "name": "search",
            "search_space": {"x": {"_type": "uniform", "_value": [0, 1]}},
            "tuner": {"name": "random"},
            "seed": 1,
            "trial": trial,
            "budget": {"trials": 4},
        }
        return self.write("experiment.yml", yaml.safe_dump(keys | more))

    def start(self, *args: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "controller", *map(str, args)],
            cwd=REPOSITORY,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __call__(self, *args: str | Path, code: int = 0) -> str:
        """Run a command to its end; its output."""
        with self.start(*args) as process:
            output, _ = process.communicate(timeout=PATIENCE)
        assert process.returncode == code, output
        assert "Traceback" not in output
        return output

    def kill_after(self, trial: int, *args: str | Path) -> None:
        """Run a command, and kill it when it has printed that a trial succeeded."""
        with self.start(*args) as controller:
            assert controller.stdout
            next(line for line in controller.stdout if line.startswith(f"trial {trial} succeeded"))
            controller.kill()

    def trials(self, name: str = "search") -> list[dict[str, Any]]:
        """What `trials NAME --json` prints, read here: to start Python each time is slow."""
        record = records.load(Home(self.home).find(name))
        found = [records.row(record, trial) for trial in record.experiment.trials]
        plain: list[dict[str, Any]] = json.loads(json.dumps(found))
        return plain

    def root(self, name: str = "search") -> Path:
        return records.load(Home(self.home).find(name)).root.path

    def wait(self, seen: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < end, f"never: {what}"
            time.sleep(0.05)

    def leftovers(self) -> list[psutil.Process]:
        """Processes that still work for this lab."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("HEIRLOOM_HOME") == str(self.home):
                    found.append(process)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path / "a lab")
    lab.path.mkdir()
    yield lab
    for process in lab.leftovers():
        process.kill()

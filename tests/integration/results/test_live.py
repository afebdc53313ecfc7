"""Exporters of a search that runs: one that is killed loses nothing and writes nothing twice."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from tests.integration.search.conftest import Lab, lab

__all__ = ["lab"]

pytestmark = pytest.mark.training  # a whole search
COMMAND = 'sleep 0.5; echo "{\\"value\\": 1}" > "$HEIRLOOM_RESULT"'


def _exporters(lab: Lab) -> list[psutil.Process]:
    module = "controller.results.live.process"
    return [each for each in lab.leftovers() if module in each.cmdline()]


def _values(path: Path) -> list[int]:
    """The ids of the trials in a journal of Optuna."""
    lines = map(json.loads, path.read_text().splitlines() if path.exists() else [])
    return [each["user_attrs"]["heirloom:trial"] for each in lines if "user_attrs" in each]


def test_a_killed_exporter_loses_nothing_and_writes_nothing_twice(lab: Lab) -> None:
    pytest.importorskip("optuna")
    file = lab.experiment(
        COMMAND,
        exporters={"optuna": "study.journal", "jsonl": "trials.jsonl"},
        budget={"trials": 12, "concurrency": 2},
    )
    study = lab.path / "study.journal"
    with lab.start("run", file) as controller:
        lab.wait(lambda: len(_values(study)) > 0, "the first trials are exported")
        for exporter in _exporters(lab):
            exporter.kill()
        output, _ = controller.communicate(timeout=100)
    assert controller.returncode == 0, output
    assert "the exporter optuna ended by SIGKILL, and is started again" in output
    lab.wait(lambda: not _exporters(lab), "the exporters have ended")
    assert sorted(_values(study)) == list(range(12))
    lines = (lab.path / "trials.jsonl").read_text().splitlines()
    assert [json.loads(line)["value"] for line in lines] == [1.0] * 12


def test_an_unknown_exporter_is_refused_before_the_search(lab: Lab) -> None:
    file = lab.experiment(COMMAND, exporters={"tensorbord": "runs"})
    assert "did you mean tensorboard?" in lab("run", file, code=2)
    assert json.loads(lab("status", "--json")) == []

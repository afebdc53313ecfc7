"""`trial.measured`: values that are known before training, and the end of a trial by them."""

import json
from pathlib import Path
from typing import Any

import pytest

from heirloom import trial
from heirloom.channel import Channel


@pytest.fixture
def result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The result of a trial with two bounds."""
    path = tmp_path / "result.json"
    bounds = {"accuracy": {}, "macs": {"at_most": 5.0}, "size": {"at_least": 2.0}}
    monkeypatch.setattr(trial, "objectives", bounds)
    monkeypatch.setattr(trial, "channel", Channel({"HEIRLOOM_RESULT": str(path)}))
    return path


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def test_values_within_bounds_are_part_of_the_result(result: Path) -> None:
    trial.measured(macs=5, size=2, other=3)
    assert not result.exists()
    trial.finish(accuracy=0.5)
    assert read(result) == {"accuracy": 0.5, "macs": 5, "size": 2, "other": 3}


def test_a_value_out_of_bounds_ends_the_trial(result: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        trial.measured(macs=6, size=1)
    assert ended.value.code == 0
    reason = "macs is 6, above at_most 5; size is 1, below at_least 2"
    assert read(result) == {"macs": 6, "size": 1, "infeasible": reason}


def test_what_is_no_number_is_refused(result: Path) -> None:
    with pytest.raises(TypeError, match="macs must be a number"):
        trial.measured(macs="many")

"""The studies with options of their own, in a short form: their figures are not looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers import study
from benchmarks.peers.search import Peer
from tests.pytorch import require_torch


def _record_of(method: str, home: Path) -> dict[str, Any]:
    """What the comparison writes of a method with one seed. It leaves no search behind."""
    require_torch()
    build = home / "build"
    given = ["--short", "--method", method, "--seeds", "1", "--build", str(build)]
    command = [sys.executable, "-m", "benchmarks", "inherit", *given]
    environment = {**os.environ, "HOME": str(home)}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert list((build / "inherit/short/work").iterdir()) == []
    record: dict[str, Any] = json.loads((build / "inherit-short.json").read_text())
    return record


@pytest.mark.training
def test_searches_with_and_without_inherited_weights_are_compared(tmp_path: Path) -> None:
    [row] = _record_of("evolution", tmp_path)["methods"]

    assert [(arm["arm"], arm["length"]) for arm in row["arms"]] == [("a", 1), ("b", 2)]
    assert all(arm["epochs"][0] > 0 and arm["cpu"][0] > 0 for arm in row["arms"])
    assert row["further"]["candidates"] == 4
    [ratio] = row["further"]["ratio"]["epochs"]  # one seed has no interval
    assert ratio > 0
    assert sum(birth["children"] for birth in row["births"]) > 0
    assert [final["trainings"] for final in row["final"]] == [1, 1]
    assert all(0 < final["test"][0] < 1 for final in row["final"])


@pytest.mark.training
def test_the_reading_example_is_compared_by_its_own_search(tmp_path: Path) -> None:
    [row] = _record_of("reading", tmp_path)["methods"]

    assert (row["measure"], row["seeds"], row["candidates"]) == ("F1", 1, 3)
    assert [(arm["arm"], arm["length"]) for arm in row["arms"]] == [("a", 1), ("b", 2)]
    assert [arm["whole"][0] for arm in row["arms"]] == [3, 6]
    assert all(arm["cpu"][0] > 0 for arm in row["arms"])
    assert sum(birth["children"] for birth in row["births"]) == 1
    assert all(0 < birth["share"] <= 1 for birth in row["births"])
    assert [final["trainings"] for final in row["final"]] == [1, 1]
    assert all(0 <= final["test"][0] < 1 for final in row["final"])


@pytest.mark.training
def test_networks_are_ranked_with_shared_weights_and_alone(tmp_path: Path) -> None:
    shared = _record_of("shared", tmp_path)["shared"]

    assert shared["networks"] == 3
    assert len(shared["kendall_by_seed"]) == 1
    assert 0 < shared["alone"][0] < 1


@pytest.mark.training
def test_a_search_whose_worker_is_killed_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "KILLED_TRIALS", 6)  # two begin when the four slots' have ended
    monkeypatch.setattr(study, "KILLED_SECONDS", 1.0)
    peer = Peer("heirloom", Path(sys.executable), tmp_path)

    found = study._killed(peer, "worker")

    assert found["exits"] == [0]
    assert found["again"] == {"results": 5, "unfinished": 1, "lost": 0}
    assert list(tmp_path.iterdir()) == []

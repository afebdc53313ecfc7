"""Every measurement at a small size: what it does is real, its figures are not looked at."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import MEASUREMENTS
from tests.pytorch import require_torch

FIGURES = {"core": 3, "reading": 11}


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_a_measurement_ends_with_figures_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    if name == "weights":
        require_torch()
    build = tmp_path / "build"
    environment = {**os.environ, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "benchmarks", "--quick", "--build", str(build), name]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)

    assert ended.returncode == 0, ended.stdout + ended.stderr
    record = json.loads((build / "bench.json").read_text())
    assert len(record["figures"]) == FIGURES.get(name, 2)
    # A process that waits for others may use less than a tick of its CPU clock: 0.
    assert all(value >= 0 for figure in record["figures"] for value in figure["values"])
    assert record["machine"]["cores"] >= 1
    assert [path.name for path in build.iterdir()] == ["bench.json"]

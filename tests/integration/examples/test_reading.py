"""The reading example: a small search, run as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.numpy import load_file

from controller.config.load import load
from tests.integration.search.conftest import REPOSITORY, Lab, lab
from tests.pytorch import require_torch

__all__ = ["lab"]

require_torch()

EXAMPLE = REPOSITORY / "examples" / "reading_comprehension"
LONG = 280  # seconds for a search with torch on a slow machine; pytest ends it at 300


def few(lab: Lab, articles: int) -> Path:
    """A file in the format of SQuAD with the first articles of the corpus."""
    content = json.loads((EXAMPLE / "train.json").read_text())
    return lab.write("few.json", json.dumps({**content, "data": content["data"][:articles]}))


def small_search(lab: Lab) -> Path:
    """The example's experiment with a smaller budget and fewer questions."""
    experiment = yaml.safe_load((EXAMPLE / "experiment.yml").read_text())
    questions = few(lab, 24)
    experiment["tuner"]["args"] = {"population": 2, "sample": 2}
    experiment["tuner"]["code_dir"] = experiment["trial"]["code_dir"] = str(EXAMPLE)
    command = ["python", "train.py", "--train", str(questions), "--dev", str(questions)]
    experiment["trial"]["command"] = [*command, "--epochs", "3"]
    experiment["budget"] = {"trials": 5}
    return lab.write("small.yml", yaml.safe_dump(experiment))


@pytest.fixture
def searched(lab: Lab) -> list[dict[str, Any]]:
    with lab.start("run", small_search(lab)) as process:
        output, _ = process.communicate(timeout=LONG)
    assert process.returncode == 0, output
    assert max(map(len, output.splitlines())) < 400  # params with a graph are shortened
    return lab.trials("reading")


@pytest.mark.training
def test_children_inherit_shared_layers(lab: Lab, searched: list[dict[str, Any]]) -> None:
    assert [trial["state"] for trial in searched] == ["succeeded"] * 5
    children = [trial for trial in searched if trial["parents"]]
    assert len(children) >= 2
    founder = next(trial for trial in searched if not trial["parents"])
    assert founder["result"]["inherited"] == 0
    for child in children:
        result, parent = child["result"], searched[child["parents"][0]]
        own, theirs = (
            load_file(Path(trial["weights"]) / "network.safetensors") for trial in (child, parent)
        )
        shared = sum(own[name].size for name in own.keys() & theirs.keys())
        assert result["inherited"] == shared / result["parameters"]
        assert result["parameters"] == sum(tensor.size for tensor in own.values())
        assert result["inherited"] > 0.5
        assert result["value"] >= result["start"]
    summary = subprocess.run(
        [sys.executable, EXAMPLE / "summary.py"],
        cwd=REPOSITORY,
        env=lab.environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG,
    ).stdout
    assert f"The {len(children)} networks with one began at" in summary
    assert "inherited" in summary


def test_experiment_file_is_valid() -> None:
    experiment = load(EXAMPLE / "experiment.yml")
    assert experiment.budget.trials is not None
    assert experiment.budget.trials >= 30


@pytest.mark.training
def test_outside_an_experiment(lab: Lab) -> None:
    questions = few(lab, 6)
    given = [
        "--train",
        str(questions),
        "--dev",
        str(questions),
        "--epochs",
        "40",
        "--patience",
        "1",
    ]
    answer = subprocess.run(
        [sys.executable, str(EXAMPLE / "train.py"), *given],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(lab.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=LONG,
    )
    assert "step 1:" in answer.stdout
    assert "step 40:" not in answer.stdout
    assert not answer.stderr

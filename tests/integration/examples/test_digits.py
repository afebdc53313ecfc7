"""The digits example: trials as processes, started as a supervisor starts them."""

import importlib
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from controller.config.load import load
from heirloom.space import parse, sample

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "digits"
PARAMS = {"depth": 1, "width1": 32, "activation": "relu", "learning_rate": 0.02}
WIDER = {"depth": 2, "width1": 64, "width2": 16, "activation": "tanh", "learning_rate": 0.02}


@pytest.fixture(scope="module")
def network() -> Iterator[ModuleType]:
    """The example's module `network`, which is not on the import path."""
    sys.path.insert(0, str(EXAMPLE))
    yield importlib.import_module("network")
    sys.path.remove(str(EXAMPLE))
    for name in ("network", "data"):
        sys.modules.pop(name, None)


def environment(**more: Any) -> dict[str, str]:
    """The environment of a trial, with only the given variables of an experiment."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("HEIRLOOM")}
    added = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    return known | added | {name: str(value) for name, value in more.items()}


def train(place: Path, params: dict[str, Any], parent: Path | None = None) -> Any:
    """Run one trial in `place` and return its result."""
    save_path = place / "weights"
    save_path.mkdir(parents=True)
    (place / "params.json").write_text(json.dumps(params))
    variables = environment(
        HEIRLOOM_PARAMS=place / "params.json",
        HEIRLOOM_RESTORE_PATH=parent or "",
        HEIRLOOM_RESTORE_PATHS=parent or "",
        HEIRLOOM_SAVE_PATH=save_path,
        HEIRLOOM_METRICS=place / "metrics.jsonl",
        HEIRLOOM_RESULT=place / "result.json",
    )
    subprocess.run([sys.executable, EXAMPLE / "train.py"], env=variables, check=True)
    return json.loads((place / "result.json").read_text())


def reports(place: Path) -> list[float]:
    """The reports of a trial, one for each epoch."""
    lines = [json.loads(line) for line in (place / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, len(lines) + 1))
    return [line["value"] for line in lines]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A parent (0) and its child (1)."""
    place = tmp_path_factory.mktemp("family")
    train(place / "0", PARAMS)
    train(place / "1", WIDER, parent=place / "0" / "weights")
    return place


def test_trial_reports_each_epoch_and_returns_the_best(family: Path) -> None:
    for name in ("0", "1"):
        result = json.loads((family / name / "result.json").read_text())
        values = reports(family / name)
        assert result["value"] == max(values)
        assert result["epochs"] == values.index(max(values)) + 1
        assert result["seconds"] > 0
        assert 0.8 < result["test"] <= 1


def test_weights_are_those_of_the_best_epoch(family: Path, network: ModuleType) -> None:
    weights = load_file(family / "0" / "weights" / "network.safetensors")
    assert {name: tensor.shape for name, tensor in weights.items()} == {
        "hidden1.weight": (64, 32),
        "hidden1.bias": (32,),
        "output.weight": (32, 10),
        "output.bias": (10,),
    }
    trained = network.Network(PARAMS, np.random.default_rng(0))
    trained.weights = weights
    _, validation, _ = importlib.import_module("data").load()
    result = json.loads((family / "0" / "result.json").read_text())
    assert trained.accuracy(validation) == result["value"]
    assert trained.size == result["parameters"]


def test_child_starts_from_its_parents_weights(family: Path, tmp_path: Path) -> None:
    inheriting = json.loads((family / "1" / "result.json").read_text())
    alone = train(tmp_path / "alone", WIDER)
    assert 0 < inheriting["inherited"] < 1
    assert alone["inherited"] == 0
    assert reports(family / "1")[0] > reports(tmp_path / "alone")[0]
    assert list((family / "1" / "weights").iterdir()) == [
        family / "1" / "weights" / "network.safetensors"
    ]


def test_outside_an_experiment(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE / "train.py")]
    answer = subprocess.run(
        command, env=environment(TMPDIR=tmp_path), capture_output=True, text=True, check=True
    )
    assert "step 1:" in answer.stdout
    assert '"value": 0.9' in answer.stdout
    assert not answer.stderr


widths = st.sampled_from([1, 3, 8, 16])
candidates = st.fixed_dictionaries(
    {
        "depth": st.integers(1, 4),
        **{f"width{layer}": widths for layer in range(1, 5)},
        "activation": st.sampled_from(["relu", "tanh", "sigmoid"]),
        "learning_rate": st.just(0.1),
    }
)


@given(candidates, candidates)
def test_overlapping_weights_are_inherited(
    network: ModuleType, own: dict[str, Any], theirs: dict[str, Any]
) -> None:
    child = network.Network(own, np.random.default_rng(1))
    before = {name: tensor.copy() for name, tensor in child.weights.items()}
    parent = network.Network(theirs, np.random.default_rng(2)).weights
    untouched = {name: tensor.copy() for name, tensor in parent.items()}
    share = child.inherit(parent)
    taken = 0
    for name, tensor in child.weights.items():
        assert tensor.shape == before[name].shape
        for index in np.ndindex(tensor.shape):
            fits = name in parent and all(np.less(index, parent[name].shape))
            assert tensor[index] == (parent if fits else before)[name][index]
            taken += fits
    assert share == taken / child.size
    assert all((parent[name] == untouched[name]).all() for name in parent)


def test_data_sets_are_disjoint_and_fixed(network: ModuleType) -> None:
    load_digits = importlib.import_module("data").load
    sets, again = load_digits(), load_digits()
    assert [len(digits.labels) for digits in sets] == [600, 600, 597]
    assert all((a.images == b.images).all() for a, b in zip(sets, again, strict=True))
    assert sorted(np.unique(sets[0].labels)) == list(range(10))
    assert all(digits.images.min() == 0 and digits.images.max() == 1 for digits in sets)


def test_candidates_of_the_search_space_can_be_built(network: ModuleType) -> None:
    experiment = load(EXAMPLE / "experiment.yml")
    space, rng = parse(experiment.search_space), random.Random(1)
    _, validation, _ = importlib.import_module("data").load()
    for _ in range(50):
        built = network.Network(sample(space, rng), np.random.default_rng(1))
        assert built.accuracy(validation) < 0.5
    assert (experiment.budget.trials or 0) >= 40


def test_summary_measures_the_saving(family: Path, tmp_path: Path) -> None:
    trials = [
        {
            "id": number,
            "parents": parents,
            "state": "succeeded",
            "params": json.loads((family / str(number) / "params.json").read_text()),
            "result": json.loads((family / str(number) / "result.json").read_text()),
        }
        for number, parents in enumerate([[], [0]])
    ]
    answer = summarize(tmp_path, [*trials, {"id": 2, "parents": [1], "state": "failed"}])
    assert not answer.returncode, answer.stderr
    assert "the best of 2 networks" in answer.stdout
    assert "64-32-10 relu, learning rate 0.02" in answer.stdout
    assert "64-64-16-10 tanh, learning rate 0.02" in answer.stdout
    total = re.search(r"all +(\d+) +(?:> )?(\d+) ", answer.stdout)
    assert total is not None
    inheriting, alone = map(int, total.groups())
    assert inheriting == trials[1]["result"]["epochs"]
    assert 0 < alone <= 150
    assert f"{1 - inheriting / alone:.0%} of their epochs" in answer.stdout


def test_summary_of_a_search_without_success(tmp_path: Path) -> None:
    answer = summarize(tmp_path, [{"id": 0, "parents": [], "state": "failed"}])
    assert answer.returncode == 1
    assert "No trial of digits has succeeded" in answer.stderr


def test_summary_without_a_search(tmp_path: Path) -> None:
    command = [sys.executable, str(EXAMPLE / "summary.py")]
    surroundings = environment(HEIRLOOM_HOME=tmp_path)
    answer = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert answer.returncode == 1
    assert f"There is no digits experiment in {tmp_path}" in answer.stderr


def summarize(place: Path, trials: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    """Run the summary with two experiments, and a stand-in for the controller."""
    for name, made_at in (("digits", 1), ("digits-2", 0)):
        file = place / "experiments" / name / "experiment.yml"
        file.parent.mkdir(parents=True)
        file.touch()
        os.utime(file, (made_at, made_at))
    (place / "controller").mkdir()
    (place / "controller" / "__init__.py").touch()
    (place / "controller" / "__main__.py").write_text(
        "import sys\n"
        "assert sys.argv[1:] == ['trials', 'digits', '--json']\n"
        f"print({json.dumps(trials)!r})\n"
    )
    return subprocess.run(
        [sys.executable, EXAMPLE / "summary.py"],
        cwd=place,
        env=environment(HEIRLOOM_HOME=place, COLUMNS=120) | {"PYTHONPATH": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )

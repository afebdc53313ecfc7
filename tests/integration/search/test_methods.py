"""Methods that train candidates in parts, with real trials, a kill and a resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from controller.config import load
from tests.integration.search.conftest import Lab
from tests.methods.search import EXAMPLES, run
from tests.pytorch import require_torch

# Keeps in its weights how far they were trained, and trains what is left.
TRIAL = """
    import json

    from heirloom import trial

    trained = 0
    if trial.restore_path:
        state = json.loads((trial.restore_path / "state.json").read_text())
        trained = state["trained"]
        assert {moves} or state["x"] == trial.params["x"], state
    assert {moves} or trained == trial.params["epochs_from"], trained
    (trial.save_path / "state.json").write_text(
        json.dumps({{"trained": trial.params["epochs"], "x": trial.params["x"]}})
    )
    trial.finish(trial.params["x"])
"""
# Keeps its network in its weights, and grows out of the one that it finds in those it restores.
GROWN = """
    import json

    from heirloom import trial
    from heirloom.space.network import parameters, read
    from heirloom.space.network.correspondence import correspondence

    network = read(trial.params["network"])
    if trial.restore_path:
        before = read(json.loads((trial.restore_path / "network.json").read_text()))
        assert correspondence(before, network).preserved
    (trial.save_path / "network.json").write_text(json.dumps(network.to_json()))
    trial.finish(len(network.layers) - parameters(network) / 1e4)
"""
# Run by `make methods` alone, since they take minutes. The trials of darts run here as well, in
# tests/integration/benchmarks/test_one_shot.py.
LONG = ("darts", "darts_second_order", "enas_micro", "nasnet", "nasnet_nearest")
METHODS: dict[str, dict[str, Any]] = {
    "asha": {"budget": {"trials": 16}},
    "bohb": {"budget": {"trials": 16}},
    "hyperband": {"budget": {"trials": 16}},
    "pbt": {"tuner": {"name": "pbt", "args": {"population": 4, "quantile": 0.25}}},
}


@pytest.mark.training
@pytest.mark.parametrize("method", METHODS)
def test_nothing_is_trained_twice(lab: Lab, method: str) -> None:
    lab.write("code/train.py", TRIAL.format(moves=method == "pbt"))
    file = lab.experiment(
        "python train.py",
        name=method,
        resource={"name": "epochs", "min": 1, "max": 4, "eta": 2},
        **{"tuner": {"name": method}, "budget": {}, **METHODS[method]},
    )
    lab.kill_after(4, "run", file)
    lab("resume", method)
    trials = lab.trials(method)
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert len(trials) == 16
    children = [trial for trial in trials if trial["parents"]]
    assert children
    assert all(trial["params"]["epochs_from"] > 0 for trial in children)


@pytest.mark.training
def test_networks_grow_out_of_those_that_are_restored(lab: Lab) -> None:
    lab.write("code/train.py", GROWN)
    file = lab.experiment(
        "python train.py",
        name="grown",
        search_space={"network": {"layers": {"input": [1, 8, 8], "classes": 4}}},
        tuner={"name": "morphism", "args": {"width": 4, "max_layers": 12}},
        budget={"trials": 7},
    )
    lab.kill_after(3, "run", file)
    resumed = lab("resume", "grown")
    assert "the tuner now" not in resumed
    trials = lab.trials("grown")
    assert [trial["state"] for trial in trials] == ["succeeded"] * 7
    assert all(len(trial["restored"]) == 1 for trial in trials[1:])


@pytest.mark.training
@pytest.mark.parametrize("method", [name for name in EXAMPLES if name not in LONG])
def test_the_examples_learn(tmp_path: Path, method: str) -> None:
    require_torch()
    outcome = run(method, tmp_path, short=True)
    assert outcome.problems == []


def test_every_example_is_named_as_its_file() -> None:
    for method, file in EXAMPLES.items():
        assert load(file).name == method

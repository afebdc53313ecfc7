"""A search that grows networks, with a kill and a resume. Trials keep layers of the same shape."""

from __future__ import annotations

from typing import Any

import pytest

from heirloom.space.network import linear, read
from tests.integration.search.conftest import Lab

# The weights are, for each tensor, its shape and the trials that trained it.
TRIAL = """
    import json
    import os

    from heirloom import trial
    from heirloom.space.network import parameters, read, tensors

    number = int(os.environ["HEIRLOOM_TRIAL"])
    network = read(trial.params["network"])
    before = {}
    if trial.restore_path:
        before = json.loads((trial.restore_path / "state.json").read_text())
    after = {}
    for name, shape in tensors(network).items():
        kept = before.get(name, {})
        trained = kept["by"] if kept.get("shape") == list(shape) else []
        after[name] = {"shape": shape, "by": [*trained, number]}
    (trial.save_path / "state.json").write_text(json.dumps(after))
    kept = sum(len(state["by"]) > 1 for state in after.values())
    trial.finish(parameters(network) if number % 6 != 5 else None, kept=kept)
"""
SPACE = {"network": {"layers": {"input": [3, 16, 16], "classes": 10}}}


@pytest.mark.training
def test_children_keep_layers_and_the_killed_search_goes_on(lab: Lab) -> None:
    lab.write("code/train.py", TRIAL)
    file = lab.experiment(
        "python train.py",
        name="grow",
        search_space=SPACE,
        tuner={"name": "large_scale_evolution", "args": {"population": 4}},
        budget={"trials": 12},
    )
    lab.kill_after(4, "run", file)
    lab("resume", "grow")
    trials = lab.trials("grow")
    assert len(trials) == 12
    assert {trial["state"] for trial in trials} == {"succeeded", "failed"}
    assert all(
        trial["params"]["network"] == linear((3, 16, 16), 10).to_json() for trial in trials[:4]
    )
    children = [trial for trial in trials if trial["parents"]]
    assert len(children) > 3
    for child in children:
        assert trials[child["parents"][0]]["state"] == "succeeded"
        assert len(_changed(trials[child["parents"][0]], child)) <= 1, child
    first = trials[0]["params"]["network"]["layers"]
    last = [
        trial
        for trial in children
        if trial["state"] == "succeeded" and trial["params"]["network"]["layers"] != first
    ][-1]
    assert "params.network.layers" in lab("diff", "grow", "0", str(last["id"]))


def _changed(parent: dict[str, Any], child: dict[str, Any]) -> set[int]:
    """Layers of both that have other options."""
    one, other = (read(trial["params"]["network"]) for trial in (parent, child))
    both = {layer.id for layer in one.layers} & {layer.id for layer in other.layers}
    return {number for number in both if one.layer(number).options != other.layer(number).options}

"""The TensorFlow example runs in an environment of its own, and children inherit whole layers."""

import itertools
from pathlib import Path

import pytest

from tests.integration.search.conftest import REPOSITORY, Lab, lab

__all__ = ["lab"]

ENVIRONMENT = REPOSITORY / "build/tensorflow"


def _sizes(params: dict[str, int]) -> set[tuple[int, int, int]]:
    """Place and sizes of each layer of a candidate."""
    sizes = [2, *[params["width"]] * params["depth"], 2]
    return {(number, *pair) for number, pair in enumerate(itertools.pairwise(sizes))}


@pytest.mark.full  # TensorFlow needs an environment of its own: `make test-tensorflow`
@pytest.mark.timeout(900)  # each of 12 trials imports TensorFlow
def test_children_inherit_the_layers_of_equal_size(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (ENVIRONMENT / "bin/python").exists():
        pytest.skip("TensorFlow is not installed: make test-tensorflow installs it")
    monkeypatch.setenv("VIRTUAL_ENV", str(ENVIRONMENT))
    with lab.start("run", REPOSITORY / "examples/tensorflow/experiment.yml") as search:
        output, _ = search.communicate(timeout=800)
    assert search.returncode == 0, output
    trials = lab.trials("tensorflow")
    assert {trial["state"] for trial in trials} == {"succeeded"}
    assert max(trial["value"] for trial in trials) > 0.75
    assert all((Path(trial["weights"]) / "model.index").exists() for trial in trials)
    children = [trial for trial in trials if trial["parents"]]
    assert children
    for trial in children:
        parent = trials[trial["parents"][0]]
        own, shared = _sizes(trial["params"]), _sizes(trial["params"]) & _sizes(parent["params"])
        assert (trial["result"]["share"] == 1.0) is (own == shared)
        assert (trial["result"]["share"] == 0.0) is (not shared)

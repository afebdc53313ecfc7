"""Two trials compared."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.errors import HeirloomError
from controller.state import record
from controller.views.trials.diff import diff, relation
from tests.unit.views.trials.searches import Search

INHERITED = {"share": 0.5, "whole": 1, "partly": 0, "new": 1, "names": {"whole": ["a"], "new": []}}


@pytest.fixture
def search(tmp_path: Path) -> Search:
    search = Search(tmp_path)
    search.trial({"lr": 0.1, "depth": {"_name": "deep", "n": 1}})
    search.end(0, 0.5, f1=0.25, same=1)
    search.trial({"lr": 0.1, "depth": {"_name": "deep", "n": 2}}, 0)
    search.end(1, 0.25, f1=0.5, same=1, inherited=INHERITED)
    search.trial({"lr": 0.1, "depth": "flat"}, 0)
    search.trial({"lr": 0.1}, 1)
    search.trial({"lr": 0.1})
    search.trial({"lr": 0.1}, retry_of=4)
    return search


def test_what_differs_is_shown_side_by_side(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    diff(search.place, 0, 1, json=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "cnn: trial 1 starts from trial 0",
        "trial 0 trial 1",
        "state succeeded succeeded",
        "value 0.5 0.25",
        "-0.25, better",
        "time 5s 5s",
        "starts from nothing 0",
        "inherited 50.0% of the numbers; tensors: 1 whole (a), 1 new",
        "params.depth.n 1 2",
        "result.f1 0.25 0.5",
        "equal: 2 params",
    ]
    diff(search.place, 1, 2, json=False)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"params.depth.n 2 absent", "params.depth absent flat"} <= set(lines)


def test_json_has_the_same(search: Search, capsys: pytest.CaptureFixture[str]) -> None:
    diff(search.place, 0, 1, json=True)
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert found["params"] == {"depth.n": {"0": 1, "1": 2}}
    assert found["result"] == {"f1": {"0": 0.25, "1": 0.5}}
    assert found["trials"][1]["inherited"] == INHERITED


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (1, 0, "trial 1 starts from trial 0"),
        (0, 3, "trial 3 descends from trial 0 in 2 generations"),
        (2, 3, "trials 2 and 3 both descend from trial 0"),
        (3, 4, "trials 3 and 4 have no ancestor in common"),
        (5, 4, "trial 5 repeats trial 4"),
    ],
)
def test_the_relation_of_two_trials(search: Search, first: int, second: int, words: str) -> None:
    experiment = record.load(search.place).experiment
    assert relation(experiment, experiment.trials[first], experiment.trials[second]) == words


def test_a_trial_is_not_compared_with_itself(search: Search) -> None:
    with pytest.raises(HeirloomError, match="both are trial 3"):
        diff(search.place, 3, 3, json=False)


def test_networks_are_compared_by_the_ids_of_layers(
    search: Search, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = [{"id": 3, "filters": 8}, {"id": 2, "units": 10}]
    search.trial({"net": {"next_id": 4, "layers": layers}})
    changed = [{"id": 4, "filters": 8}, {"id": 3, "filters": 16}, {"id": 2, "units": 10}]
    search.trial({"net": {"next_id": 5, "layers": changed}})
    diff(search.place, 6, 7, json=True)
    assert json.loads(capsys.readouterr().out)["params"] == {
        "net.next_id": {"6": 4, "7": 5},
        "net.layers.3": {"6": {"id": 3, "filters": 8}, "7": {"id": 3, "filters": 16}},
        "net.layers.4": {"7": {"id": 4, "filters": 8}},
    }

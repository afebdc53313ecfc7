"""The costs of a model's candidates: of all, or of a sample."""

import pytest

from tests.pytorch import require_torch

require_torch()

from torch import nn

from heirloom import nas, trial
from heirloom.nas import costs


class Net(nn.Module):
    """Of 4 candidates: a layer of 2 or 3 x 4 numbers, then none or one of 2 x 2 or 3 x 3."""

    def __init__(self):
        super().__init__()
        width = nas.value("width", [2, 3])
        self.first = nn.Linear(4, width, bias=False)
        self.second = nas.choice(
            "second", {"none": nn.Identity, "linear": lambda: nn.Linear(width, width, bias=False)}
        )

    def forward(self, x):
        return self.second(self.first(x))


class Shaped(Net):
    input_shape = (4,)


def test_the_table_of_a_whole_space():
    found = costs.table(Shaped, nas.space(Shaped))
    assert (found["candidates"], found["measured"]) == (4, 4)
    assert found["parameters"] == {"min": 8, "median": 12, "max": 21}
    assert found["macs"] == found["parameters"]
    rows = [(each["label"], each["option"], each["parameters"]) for each in found["options"]]
    assert rows == [
        ("width", 2, 10),
        ("width", 3, 16.5),
        ("second", "none", 10),
        ("second", "linear", 16.5),
    ]
    assert list(costs.lines(found))[-1].split() == ["second", "linear", "16", "16"]


def test_the_table_has_the_size_of_the_supernet():
    found = costs.table(Net, nas.space(Net))
    assert found["supernet"] == {"parameters": 21, "bytes": 84}
    assert [line.split() for line in costs.lines(found)][5] == ["supernet", "21"]


class Words(nn.Module):
    """A supernet needs a number in place of a word."""

    def __init__(self):
        super().__init__()
        self.layer = {"a": nn.ReLU, "b": nn.Tanh}[nas.value("word", ["a", "b"])]()


def test_a_model_without_a_supernet_has_a_table():
    found = costs.table(Words, nas.space(Words))
    assert found["supernet"] is None
    assert not any("supernet" in line for line in costs.lines(found))


def test_without_an_input_shape_there_are_no_macs():
    found = costs.table(Net, nas.space(Net))
    assert found["macs"] is None
    assert found["parameters"]["max"] == 21
    assert list(costs.lines(found))[-1].split() == ["second", "linear", "16"]


def test_the_table_is_of_a_sample_when_the_time_is_over():
    clock = iter([0.0, 1.0, 3.0])
    found = costs.table(Shaped, nas.space(Shaped), seconds=2.0, clock=lambda: next(clock))
    assert (found["candidates"], found["measured"]) == (4, 2)


def test_the_table_of_a_large_space_is_of_a_sample(monkeypatch):
    monkeypatch.setattr(costs, "_WHOLE", 3)
    monkeypatch.setattr(costs, "_SAMPLE", 2)
    assert costs.table(Shaped, nas.space(Shaped))["measured"] == 2


def test_nested_options_are_counted():
    space = {
        "depth": {
            "_type": "choice",
            "_value": ["1", {"_name": "2", "op": {"_type": "choice", "_value": ["a", "b"]}}],
        },
        "width": {"_type": "choice", "_value": [8, 16]},
    }
    assert costs._size(space) == 6
    assert [label for label, _ in costs._options(space)] == ["depth"] * 2 + ["width"] * 2 + [
        "op"
    ] * 2


def test_a_candidate_that_fails_is_named():
    class Failing(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(4, 4 // nas.value("width", [2, 0]))

    with pytest.raises(nas.NasError, match=r'the candidate \{"width": 0\} of Failing fails'):
        costs.table(Failing, {"width": {"_type": "choice", "_value": [2, 0]}})


def test_a_candidate_gives_its_costs_to_the_trials_result(monkeypatch):
    given = {}
    monkeypatch.setattr(trial, "params", {"width": 3, "second": "linear"})
    monkeypatch.setattr(trial, "measured", lambda **values: given.update(values))
    nas.candidate(Shaped)
    assert not given  # none of them is an objective
    monkeypatch.setattr(trial, "objectives", {"accuracy": {}, "macs": {"at_most": 5.0}})
    nas.candidate(Shaped, {"width": 2, "second": "none"})
    assert not given  # it is not the trial's own
    nas.candidate(Shaped)
    assert given == {"macs": 21}
    with pytest.raises(nas.NasError, match="Net has no input_shape, and macs needs it"):
        nas.candidate(Net)

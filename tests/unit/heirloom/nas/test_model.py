"""Search space, candidates and supernets of models with choices."""

from __future__ import annotations

import random
from typing import Any

import pytest

from heirloom.space import parse, sample
from tests.pytorch import require_torch

torch = require_torch()

from torch import nn

from heirloom import nas
from heirloom.nas import spaces


class Block(nn.Module):
    def __init__(self, index, width):
        super().__init__()
        options = {"conv": lambda: _convolution(index, width), "skip": nn.Identity}
        self.op = nas.choice(f"op{index}", options)

    def forward(self, x):
        return self.op(x)


def _convolution(index, width):
    kernel = nas.value(f"kernel{index}", [3, 5])
    return nn.Conv2d(width, width, kernel, padding=kernel // 2)


class Net(nn.Module):
    input_shape = (1, 8, 8)

    def __init__(self):
        super().__init__()
        width = nas.value("width", [4, 8])
        self.stem = nn.Conv2d(1, width, 3, padding=1)
        self.blocks = nas.repeat("depth", [1, 2], lambda index: Block(index, width))
        self.head = nn.Linear(width, 3)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x)).mean((2, 3)))


def test_labels_are_nested_where_they_exist():
    kernel = [{"_type": "choice", "_value": [3, 5]}] * 2
    op = [
        {"_type": "choice", "_value": [{"_name": "conv", f"kernel{index}": kernel[index]}, "skip"]}
        for index in range(2)
    ]
    assert nas.space(Net) == {
        "width": {"_type": "choice", "_value": [4, 8]},
        # The first block is there whatever the depth is.
        "op0": op[0],
        "depth": {"_type": "choice", "_value": ["1", {"_name": "2", "op1": op[1]}]},
    }


def test_a_candidate_holds_only_what_was_chosen():
    params = {"width": 8, "depth": "1", "op0": {"_name": "conv", "kernel0": 5}, "rate": 0.1}
    network = nas.candidate(Net, params)
    assert {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()} == {
        "stem.weight": (8, 1, 3, 3),
        "stem.bias": (8,),
        "blocks.0.op.conv.weight": (8, 8, 5, 5),
        "blocks.0.op.conv.bias": (8,),
        "head.weight": (3, 8),
        "head.bias": (3,),
    }


SPACES = {
    "mlp": spaces.MLP,
    "chain": spaces.ChainNet,
    "macro": lambda: spaces.MacroNet((1, 12, 12), channels=4, layers=6),
    "nasbench201": lambda: spaces.NasBench201((1, 12, 12), channels=4, cells=1),
    "enas micro": lambda: spaces.CellNet((1, 12, 12), channels=4, cells=3, blocks=2),
    "darts": lambda: spaces.CellNet(
        (1, 12, 12), channels=4, cells=3, blocks=2, operations=spaces.DARTS
    ),
    "darts net": lambda: spaces.DartsNet((1, 12, 12), channels=4, cells=3, nodes=2),
    "nasnet": lambda: spaces.CellNet(
        (1, 12, 12), channels=4, cells=3, blocks=2, operations=spaces.NASNET
    ),
}


@pytest.mark.parametrize("model", SPACES.values(), ids=SPACES)
def test_a_path_of_a_supernet_computes_what_the_candidate_does(model):
    space = parse(nas.space(model))
    parts = nas.parts(nas.supernet(model))
    rng = random.Random(2)
    for _ in range(2):
        params = sample(space, rng)
        network = nas.candidate(model, params).eval()
        shape: Any = network.input_shape
        found = network.state_dict()
        values = {name: value for name, value in params.items() if name not in parts}
        shared = nas.supernet(model, values).eval()
        stored = shared.state_dict()
        assert found.keys() <= stored.keys()
        if any(found[name].shape != stored[name].shape for name in found):
            continue  # values within options differ from the supernet's
        network.load_state_dict({name: stored[name] for name in found})
        nas.choose(shared, params)
        x = torch.randn((2, *shape), generator=torch.Generator().manual_seed(1))
        assert torch.equal(network(x), shared(x))


def test_a_supernet_mixes_its_options_by_weights():
    network = nas.supernet(spaces.NasBench201).eval()
    edge = nas.parts(network)["cell.0_1"][0]
    weights = torch.tensor([0.0, 1.0, 0.0, 0.0, 0.0], requires_grad=True)
    x = torch.randn(1, 16, 4, 4)
    edge.choose("skip_connect")
    alone = edge(x)
    edge.mix(weights)
    mixed = edge(x)
    assert torch.allclose(mixed, alone)
    mixed.sum().backward()
    assert weights.grad is not None
    with pytest.raises(nas.NasError, match="needs 5 weights"):
        edge.mix(torch.ones(2))


def test_the_cost_of_a_network():
    network = nas.candidate(Net, {"width": 4, "depth": "1", "op0": "skip"})
    # 1*4*3*3 weights at each of 8*8 places, and 4*3 of the head.
    assert nas.cost(network) == nas.Cost(parameters=40 + 15, macs=36 * 64 + 12)
    assert network.training


def _with(build):
    class Model(nn.Module):
        input_shape = (2,)

        def __init__(self):
            super().__init__()
            self.part = build()

        def forward(self, x):
            return self.part(x)

    return Model


wrong: Any = int  # no module


def _depends_on_a_value():
    count = nas.value("count", [1, 2])
    return nn.Sequential(
        *(nas.choice(f"layer{index}", [nn.Identity, nn.ReLU]) for index in range(count))
    )


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (_with(nn.Identity), "has no choices"),
        (_with(lambda: nas.choice("op", {"relu": nn.ReLU})), "needs two or more"),
        (_with(lambda: nas.choice("op", {"a.b": nn.ReLU, "c": nn.ReLU})), "letters, digits and _"),
        (_with(lambda: nas.choice("op", {"train": nn.ReLU, "c": nn.ReLU})), "of an attribute"),
        (_with(lambda: nas.choice("op", {"a": wrong, "b": nn.ReLU})), "must be a module, not 0"),
        (
            _with(lambda: nas.choice("op", [lambda: nn.Linear(3, 3), nn.ReLU])),
            'candidate {"op": "0"',
        ),
        (_with(_depends_on_a_value), "use nas.repeat"),
        (nn.Linear, "needs the arguments in_features, out_features"),
        (dict, "must make a torch.nn.Module"),
        ("Net", "a model is a class or a function"),
    ],
)
def test_what_is_wrong_with_a_model_is_named(model, message):
    with pytest.raises(nas.NasError, match=message):
        nas.space(model)


def test_a_model_outside_of_a_search_has_the_first_options():
    assert Net().stem.out_channels == 4

"""The samples of a trial with shared weights."""

from __future__ import annotations

import random
from typing import Any

import pytest

from heirloom.space import parse
from heirloom.space import sample as draw
from heirloom.space.decisions import Decisions
from tests.pytorch import require_torch

torch = require_torch()

from torch import nn

from heirloom import nas
from heirloom.nas import spaces

NETS: dict[str, Any] = {
    "macro": lambda: spaces.MacroNet((1, 8, 8), channels=2, layers=6),
    "micro": lambda: spaces.CellNet((1, 8, 8), channels=2, cells=3, blocks=2),
    "nested": lambda: nn.Sequential(
        nas.choice("a", {"x": lambda: nas.choice("b", [nn.ReLU, nn.Tanh]), "y": nn.Identity}),
        nas.repeat("c", [1, 2], lambda index: nas.choice(f"d{index}", [nn.ReLU, nn.Tanh])),
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_samples_are_the_candidates_that_the_tuner_drew(name: str) -> None:
    net = NETS[name]
    space = parse(nas.space(net))
    decisions, rng = Decisions(space), random.Random(0)
    drawn = [draw(space, rng) for _ in range(5)]
    texts = [decisions.text(decisions.sequence(params)) for params in drawn]
    assert nas.samples(net, {"task": "train", "samples": texts}) == drawn


def test_a_supernet_computes_what_the_candidate_of_a_sample_does() -> None:
    torch.manual_seed(0)
    network = nas.supernet(NETS["macro"]).eval()
    images = torch.rand(2, 1, 8, 8)
    [params] = nas.samples(NETS["macro"], {"samples": ["0121310410151010"]})
    nas.choose(network, params)
    candidate = nas.candidate(NETS["macro"], params).eval()
    candidate.load_state_dict({name: network.state_dict()[name] for name in candidate.state_dict()})
    assert torch.equal(network(images), candidate(images))


def width() -> nn.Module:
    return nn.Linear(nas.value("width", [1, 2]), 1)


@pytest.mark.parametrize(
    ("net", "params", "message"),
    [
        ("macro", {"task": "final"}, r"no list `samples`: .* whose task is train or evaluate"),
        ("macro", {"samples": "00"}, "no list `samples`"),
        ("nested", {"samples": ["00"]}, r"'00' is no candidate .*: give the model whose space"),
        ("nested", {"samples": [5]}, "5 is no candidate of this space"),
        (width, {"samples": ["0"]}, "width: a supernet has one value for all candidates"),
    ],
)
def test_what_is_no_sample_is_refused(net: Any, params: dict[str, Any], message: str) -> None:
    with pytest.raises(nas.NasError, match=message):
        nas.samples(NETS.get(net, net), params)

"""Architecture parameters of a supernet: mixed in, saved, inherited."""

from __future__ import annotations

import copy

import pytest

from tests.pytorch import require_torch

torch = require_torch()

from torch import Tensor, nn

from heirloom import nas
from heirloom.nas import spaces
from heirloom.nas.spaces.darts import OPERATIONS
from heirloom.torch import inherit, save

CELLS = ("normal", "reduction")


class Twice(nn.Module):
    def forward(self, x):
        return 2 * x


class Sum(nn.Module):
    """One choice, in two places."""

    def __init__(self) -> None:
        super().__init__()
        self.places = nn.ModuleList(
            nas.choice("cell.op", {"once": nn.Identity, "twice": Twice}) for _ in range(2)
        )

    def forward(self, x):
        return sum(place(x) for place in self.places)


def net() -> nn.Module:
    return spaces.DartsNet((1, 6, 6), classes=3, channels=2, cells=3, nodes=1)


def test_every_label_has_a_weight_for_each_option() -> None:
    weights = nas.add_alphas(nas.supernet(net)).weights()
    assert weights.keys() == {f"{cell}.{edge}" for cell in CELLS for edge in ("0_2", "1_2")}
    for found in weights.values():
        assert list(found) == list(OPERATIONS)
        assert sum(found.values()) == pytest.approx(1)
        assert list(found.values()) == pytest.approx([1 / 8] * 8, rel=0.02)


def test_a_supernet_computes_the_sum_that_the_softmax_weighs() -> None:
    network = nas.supernet(Sum)
    alphas = nas.add_alphas(network)
    [vector] = alphas.parameters()
    with torch.no_grad():
        vector.copy_(torch.tensor([1.0, 0.0]))
    once = alphas.weights()["cell.op"]["once"]
    assert once == pytest.approx(0.7311, abs=1e-4)  # e / (e + 1)
    out = network(torch.ones(1))
    assert out.item() == pytest.approx(2 * (once + 2 * (1 - once)))
    out.backward()
    assert vector.grad is not None
    assert vector.grad[0] < 0 < vector.grad[1]


def test_a_network_can_be_copied_after_a_pass() -> None:
    network = nas.supernet(Sum)
    nas.add_alphas(network)
    network(torch.ones(1)).backward()
    other = copy.deepcopy(network)
    [vector] = other.alphas.parameters()
    with torch.no_grad():
        vector.copy_(torch.tensor([50.0, 0.0]))
    assert other(torch.ones(1)).item() == pytest.approx(2)
    assert network(torch.ones(1)).item() == pytest.approx(3, rel=0.01)


def test_architecture_parameters_are_inherited_like_weights(tmp_path) -> None:
    network = nas.supernet(net)
    alphas = nas.add_alphas(network)
    save(network, tmp_path)
    child = nas.supernet(net)
    own = nas.add_alphas(child)
    assert own.weights() != alphas.weights()
    assert inherit(child, tmp_path).share == 1
    assert own.weights() == alphas.weights()


def test_a_candidate_computes_what_the_supernet_does_without_scales(tmp_path) -> None:
    """The scales that only the candidate has begin at 1, and its shifts at 0."""
    network = nas.supernet(net, affine=False)
    nas.add_alphas(network)
    network(images())  # so that running statistics are no longer those of the start
    save(network, tmp_path)
    params = dict.fromkeys(nas.parts(network), "dil_conv_5x5")
    child = nas.candidate(net, params)
    report = inherit(child, tmp_path)
    assert not report.partly
    assert {name.rpartition(".")[2] for name in report.new} == {"weight", "bias"}
    assert {"alphas.of/normal/0_2", "alphas.of/reduction/1_2"} <= set(report.unused)
    path = nas.supernet(net, affine=False)
    inherit(path, tmp_path)
    nas.choose(path, params)
    assert torch.equal(child.eval()(images(2)), path.eval()(images(2)))


def test_a_wider_candidate_inherits_a_part_of_each_tensor(tmp_path) -> None:
    network = nas.supernet(net, affine=False)
    save(network, tmp_path)
    params = dict.fromkeys(nas.parts(network), "sep_conv_3x3")
    wider = nas.candidate(lambda: spaces.DartsNet((1, 6, 6), 3, 4, cells=3, nodes=1), params)
    report = inherit(wider, tmp_path)
    convolutions = {name for name, each in wider.named_parameters() if each.dim() == 4}
    assert convolutions <= set(report.partly)
    assert 0 < report.share < 0.5


def test_weights_and_architecture_parameters_are_told_apart() -> None:
    network = nas.supernet(net)
    plain = {id(parameter) for parameter in network.parameters()}
    alphas = nas.add_alphas(network)
    assert {id(weight) for weight in nas.shared_weights(network)} == plain
    assert len(list(alphas.parameters())) == 4


def test_without_scales_no_batch_normalization_has_one() -> None:
    network = nas.supernet(net, affine=False)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms
    assert not any(list(norm.parameters()) for norm in norms)
    candidate = nas.candidate(net, dict.fromkeys(nas.parts(network), "none"))
    assert any("norm" in name for name, _ in candidate.named_parameters())


def test_what_cannot_be_mixed_is_named() -> None:
    with pytest.raises(nas.NasError, match="'depth' is no choice among layers: repeat has no"):
        nas.add_alphas(nas.supernet(lambda: nas.repeat("depth", [1, 2], lambda _: nn.ReLU())))
    with pytest.raises(nas.NasError, match=r"'normal.0.left.input' is no choice among layers"):
        nas.add_alphas(nas.supernet(lambda: spaces.CellNet((1, 6, 6), channels=2, cells=3)))
    with pytest.raises(nas.NasError, match="Identity has no choice among layers"):
        nas.add_alphas(nn.Identity())
    with pytest.raises(nas.NasError, match=r"has no alphas: call nas\.add_alphas"):
        nas.shared_weights(nas.supernet(net))
    network = nas.supernet(net)
    nas.add_alphas(network)
    with pytest.raises(nas.NasError, match="has an attribute alphas"):
        nas.add_alphas(network)


def images(seed: int = 1) -> Tensor:
    return torch.randn(4, 1, 6, 6, generator=torch.Generator().manual_seed(seed))

from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pytorch import require_torch

require_torch()

import torch
from torch import nn

from heirloom import morphism

CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORMS = {0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
POOLS = {1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d}
networks = settings(max_examples=40, deadline=None)


def _trained(network):
    """The network in eval mode, with running statistics and norms that are not the identity."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.LayerNorm)):
            for tensor in [*module.parameters(), *module.buffers()]:
                if tensor.is_floating_point():
                    tensor.data = 0.5 + torch.rand(tensor.shape)
    return network.eval()


def _equal(network, x, change):
    with torch.no_grad():
        before = network(x)
        change()
        torch.testing.assert_close(network(x), before, rtol=1e-5, atol=1e-5)


class Chain(nn.Module):
    """Two layers with a norm and an activation between, then a flattening and a head."""

    def __init__(self, dimensions, widths, kernel, norm, activation):
        super().__init__()
        first, second = widths
        self.first: Any
        self.second: Any
        self.pool: Any
        if dimensions:
            conv = partial(CONVS[dimensions], kernel_size=kernel, padding=kernel // 2)
            self.first, self.second = conv(3, first), conv(first, second)
            self.pool = POOLS[dimensions](2)
        else:
            self.first, self.second = nn.Linear(3, first), nn.Linear(first, second)
            self.pool = nn.Identity()
        layer: Any = {
            "batch": NORMS[dimensions],
            "layer": nn.LayerNorm,
            "none": lambda _: nn.Identity(),
        }
        self.norm = layer[norm](first)
        self.activation = activation
        self.head = nn.Linear(second * 2**dimensions if dimensions else second, 4)
        self.inserted = nn.Identity()

    def forward(self, x):
        x = self.inserted(self.activation(self.norm(self.first(x))))
        return self.head(self.pool(self.activation(self.second(x))).flatten(1))


chains = st.builds(
    Chain,
    st.integers(0, 3),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.sampled_from([1, 3]),
    st.sampled_from(["none", "batch"]),
    st.sampled_from([nn.ReLU(), nn.Tanh(), nn.GELU()]),
)
seeds = st.integers(0, 2**32 - 1)


def _input(network):
    dimensions = network.first.weight.dim() - 2
    return torch.randn(2, 3, *(5,) * max(dimensions, 0))


def _norms(network):
    return [] if isinstance(network.norm, nn.Identity) else [network.norm]


@networks
@given(chains, seeds, st.integers(1, 6), st.booleans())
def test_a_wider_layer_keeps_the_function(network, seed, more, at_the_head):
    torch.manual_seed(seed)
    network = _trained(network)
    layer, followers, norms = (
        (network.second, [network.head], [])
        if at_the_head
        else (network.first, [network.second], _norms(network))
    )
    width = layer.weight.shape[0] + more
    _equal(network, _input(network), lambda: morphism.wider(layer, width, followers, norms))
    assert layer.weight.shape[0] == width


@networks
@given(seeds, st.integers(1, 5), st.integers(2, 3))
def test_a_wider_layer_before_a_layer_norm_keeps_the_function(seed, width, times):
    torch.manual_seed(seed)
    network = _trained(Chain(0, (width, 3), 1, "layer", nn.GELU()))
    change = partial(morphism.wider, network.first, times * width, [network.second], [network.norm])
    _equal(network, _input(network), change)
    assert network.norm.normalized_shape == (times * width,)


def test_copies_learn_different_things():
    torch.manual_seed(0)
    network: Any = nn.Sequential(nn.Linear(3, 1), nn.Tanh(), nn.Linear(1, 1))
    morphism.wider(network[0], 2, [network[2]])
    network(torch.randn(4, 3)).sum().backward()
    first, second = network[0].weight.grad
    assert not torch.allclose(first, second)


@networks
@given(chains, seeds, st.sampled_from([1, 3, 5]), st.booleans())
def test_a_deeper_network_keeps_the_function(network, seed, kernel, norm):
    torch.manual_seed(seed)
    network.activation = nn.ReLU()
    network = _trained(network)

    def change():
        network.inserted = morphism.deeper(
            network.first, kernel_size=kernel, activation=nn.ReLU(), norm=norm
        )

    _equal(network, _input(network), change)


@networks
@given(chains, seeds)
def test_a_skip_keeps_the_function_and_can_learn(network, seed):
    torch.manual_seed(seed)
    network = _trained(network)
    layer = network.second
    shortcut = (
        nn.Linear(layer.in_features, layer.out_features)
        if isinstance(layer, nn.Linear)
        else type(layer)(layer.in_channels, layer.out_channels, 1)
    )

    def change():
        network.second = morphism.skip(layer, shortcut)

    _equal(network, _input(network), change)
    network(_input(network)).square().sum().backward()
    assert shortcut.bias.grad is not None


def test_a_skip_without_a_shortcut_starts_closed():
    torch.manual_seed(0)
    layer = nn.Linear(3, 3)
    added, x = morphism.skip(layer), torch.randn(2, 3)
    assert torch.equal(added(x), layer(x))
    added(x).sum().backward()
    assert added.gate.grad != 0


@networks
@given(chains, seeds, st.sampled_from([2, 4]))
def test_a_larger_kernel_keeps_the_function(network, seed, more):
    torch.manual_seed(seed)
    network = _trained(network)
    if network.first.weight.dim() == 2:
        with pytest.raises(morphism.MorphismError, match="Linear is no convolution"):
            morphism.larger_kernel(network.first, 3)
        return
    size = network.first.kernel_size[0] + more
    _equal(network, _input(network), lambda: morphism.larger_kernel(network.first, size))


@pytest.mark.parametrize("padding", ["same", "valid", 1, 2])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("kernel", [2, 3])
@pytest.mark.filterwarnings("ignore:Using padding='same':UserWarning")  # of an even kernel: slow
def test_a_larger_kernel_keeps_padding_and_dilation(padding, mode, dilation, kernel):
    torch.manual_seed(0)
    conv = nn.Conv2d(2, 3, kernel, padding=padding, padding_mode=mode, dilation=dilation)
    _equal(
        conv, torch.randn(1, 2, 9, 8), lambda: morphism.larger_kernel(conv, (kernel + 2, kernel))
    )


@networks
@given(chains, seeds, st.integers(0, 3))
def test_further_inputs_start_without_effect(network, seed, more):
    torch.manual_seed(seed)
    layer = network.second
    inputs = (2, layer.weight.shape[1], *(5,) * (layer.weight.dim() - 2))
    x, extra = torch.randn(inputs), torch.randn(2, more, *inputs[2:])
    before = layer(x)
    morphism.more_inputs(layer, more)
    torch.testing.assert_close(layer(torch.cat((x, extra), 1)), before, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda: morphism.wider(nn.Linear(2, 3), 3, [nn.Linear(3, 1)]), "cannot become wider"),
        (lambda: morphism.wider(nn.Linear(2, 3), 4, []), "read the output"),
        (lambda: morphism.wider(nn.Linear(2, 3), 4, [nn.Linear(4, 1)]), "4 inputs cannot follow"),
        (
            lambda: morphism.wider(nn.Linear(2, 3), 4, [nn.Linear(3, 1)], [nn.LayerNorm(3)]),
            "multiple of 3: 4 is none",
        ),
        (
            lambda: morphism.wider(nn.Linear(2, 4), 6, [nn.Linear(4, 1)], [nn.GroupNorm(2, 4)]),
            "GroupNorm cannot be made wider",
        ),
        (lambda: morphism.wider(nn.Conv2d(4, 4, 3, groups=2), 8, [nn.Conv2d(4, 1, 1)]), "groups"),
        (lambda: morphism.wider(nn.Bilinear(2, 2, 3), 8, [nn.Linear(3, 1)]), "Bilinear is no"),
        (lambda: morphism.deeper(nn.Linear(2, 3), activation=nn.GELU()), "GELU changes"),
        (lambda: morphism.deeper(nn.Conv2d(2, 3, 3), kernel_size=2), "no centre"),
        (lambda: morphism.larger_kernel(nn.Conv2d(2, 3, 3), 4), "3x3 cannot become 4x4"),
        (lambda: morphism.larger_kernel(nn.Conv2d(2, 3, 3), (5, 1)), "3x3 cannot become 5x1"),
        (lambda: morphism.more_inputs(nn.Linear(2, 3), -1), "-1"),
    ],
)
def test_a_change_that_would_not_keep_the_function_is_refused(change, why):
    with pytest.raises(morphism.MorphismError, match=why):
        change()


def test_a_parametrized_weight_is_refused():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))
    with pytest.raises(morphism.MorphismError, match="computed from other parameters"):
        morphism.wider(layer, 4, [nn.Linear(3, 1)])

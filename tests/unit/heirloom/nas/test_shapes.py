"""The fast path on the meta device gives the shapes and costs that PyTorch gives."""

import pytest

from tests.pytorch import require_torch

require_torch()

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from heirloom.nas.model import cost
from heirloom.nas.shapes import ShapesOnly


class Net(nn.Module):
    """Convolutions with normalizations and activations between them."""

    input_shape = (3, 8, 8)

    def __init__(self, channels: int = 4) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(4, 8, 3, stride=2),
            nn.BatchNorm2d(8, affine=False),
            nn.SiLU(inplace=True),
            nn.Conv2d(8, 8, 1),
            nn.BatchNorm2d(8, track_running_stats=False),
            nn.GELU(),
            nn.Hardswish(),
            nn.ReLU6(),
            nn.Sigmoid(),
            nn.Flatten(),
            nn.Linear(72, 10),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(x)
        return out


def test_costs_are_those_of_a_network_with_numbers() -> None:
    with torch.device("meta"):
        network = Net()
    found = cost(network)
    real = Net().eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        real(torch.zeros(1, 3, 8, 8))
    assert found.macs == counter.get_total_flops() // 2 > 0
    assert found.parameters == sum(each.numel() for each in real.parameters())


def test_shapes_are_those_of_a_network_with_numbers() -> None:
    with torch.device("meta"), torch.no_grad(), ShapesOnly():
        found = Net().eval()(torch.zeros(2, 3, 8, 8))
    assert found.shape == Net().eval()(torch.zeros(2, 3, 8, 8)).shape


def test_a_normalization_of_another_width_is_an_error() -> None:
    with torch.device("meta"):
        network = Net(channels=5)
    with pytest.raises(RuntimeError, match="4 elements not 5"):
        cost(network)


def test_numbers_are_not_concerned() -> None:
    with torch.no_grad(), ShapesOnly():
        found = torch.relu(torch.tensor([-1.0, 1.0]))
    assert found.tolist() == [0.0, 1.0]

"""The search space of NAS-Bench-201."""

from __future__ import annotations

import torch
from torch import nn

from ..cells import DenseCell
from ..layers import conv, conv_norm, pool, skip, zero

OPERATIONS = {
    "none": zero,
    "skip_connect": skip,
    "nor_conv_1x1": conv(1),
    "nor_conv_3x3": conv(3),
    "avg_pool_3x3": pool("avg"),
}


class NasBench201(nn.Module):
    """Three stages of cells that are all alike, with residual blocks that halve the size between.

    Labels: `cell.I_J`, the operation on the edge from node I to node J, six in all. Names of
    operations, and the network, are those of the benchmark: 5 cells a stage, 16, 32 and 64
    channels. Dong and Yang 2020, https://arxiv.org/abs/2001.00326
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (3, 32, 32),
        classes: int = 10,
        channels: int = 16,
        cells: int = 5,
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        layers: list[nn.Module] = []
        for stage in range(3):
            width = channels * 2**stage
            if stage:
                layers.append(_Reduction(width // 2, width))
            layers += [DenseCell("cell", OPERATIONS, width) for _ in range(cells)]
        self.cells = nn.Sequential(*layers)
        self.last = nn.Sequential(nn.BatchNorm2d(channels * 4), nn.ReLU())
        self.head = nn.Linear(channels * 4, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of images."""
        x = self.last(self.cells(self.stem(x)))
        scores: torch.Tensor = self.head(x.mean((2, 3)))
        return scores


class _Reduction(nn.Module):
    """A residual block of stride 2."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = conv_norm(inputs, outputs, 3, 2)
        self.second = conv_norm(outputs, outputs, 3)
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, ceil_mode=True), nn.Conv2d(inputs, outputs, 1, bias=False)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.shortcut(x) + self.second(self.first(x))
        return out

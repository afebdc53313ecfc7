"""Networks of cells: the spaces of NASNet, of ENAS micro and of DARTS."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from ..cells import Cell
from ..layers import Operation, conv, dilated, pool, separable, skip

# ENAS micro, https://arxiv.org/abs/1802.03268, section 2.4.
ENAS_MICRO: Mapping[str, Operation] = {
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "avg_pool_3x3": pool("avg"),
    "max_pool_3x3": pool("max"),
    "identity": skip,
}
# DARTS, https://arxiv.org/abs/1806.09055, section 3.1, without `none`, which its cells never keep.
DARTS: Mapping[str, Operation] = {
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "dil_conv_3x3": dilated(3),
    "dil_conv_5x5": dilated(5),
    "avg_pool_3x3": pool("avg"),
    "max_pool_3x3": pool("max"),
    "identity": skip,
}
# NASNet, https://arxiv.org/abs/1707.07012, section 3.1, without the convolutions in two steps of
# 1x3 and 3x1 and of 1x7 and 7x1.
NASNET: Mapping[str, Operation] = {
    "identity": skip,
    "avg_pool_3x3": pool("avg"),
    "max_pool_3x3": pool("max"),
    "max_pool_5x5": pool("max", 5),
    "max_pool_7x7": pool("max", 7),
    "conv_1x1": conv(1),
    "conv_3x3": conv(3),
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "sep_conv_7x7": separable(7),
    "dil_conv_3x3": dilated(3),
}


class CellNet(nn.Module):
    """Normal cells, with a reduction cell, which doubles the channels, after each third of them.

    Labels: `normal.B.SIDE.input`, `normal.B.SIDE.op` and the same of `reduction`, where B is the
    block and SIDE is `left` or `right`.

    cells: normal cells in all; a multiple of 3.
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (3, 32, 32),
        classes: int = 10,
        channels: int = 16,
        cells: int = 6,
        blocks: int = 5,
        operations: Mapping[str, Operation] = ENAS_MICRO,
    ) -> None:
        super().__init__()
        if cells < 3 or cells % 3:
            raise ValueError(f"cells must be a multiple of 3, not {cells}")
        self.input_shape = input_shape
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        before, halved = (channels, channels), False
        self.cells = nn.ModuleList()
        for index in range(cells + 2):
            reduces = index in (cells // 3, 2 * cells // 3 + 1)
            channels = channels * 2 if reduces else channels
            kind, stride = ("reduction", 2) if reduces else ("normal", 1)
            cell = Cell(
                kind, operations, channels, before, blocks=blocks, stride=stride, halved=halved
            )
            self.cells.append(cell)
            before, halved = (before[1], channels), reduces
        self.last = nn.ReLU()
        self.head = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of images."""
        before = previous = self.stem(x)
        for cell in self.cells:
            before, previous = previous, cell(before, previous)
        scores: torch.Tensor = self.head(self.last(previous).mean((2, 3)))
        return scores

"""The search space of DARTS: an operation on each edge between the nodes of a cell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import torch
from torch import nn

from ..layers import (
    Operation,
    Reduce,
    conv_norm,
    dilated,
    normalized_pool,
    reduced_skip,
    separable,
    zero,
)
from ..parts import choice

# https://arxiv.org/abs/1806.09055, section 3.1, with the names and the order of its code.
OPERATIONS: Mapping[str, Operation] = {
    "none": zero,
    "max_pool_3x3": normalized_pool("max"),
    "avg_pool_3x3": normalized_pool("avg"),
    "skip_connect": reduced_skip,
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "dil_conv_3x3": dilated(3),
    "dil_conv_5x5": dilated(5),
}


class DartsNet(nn.Module):
    """Normal cells, with a reduction cell, which doubles the channels, after each third of them.

    Labels: `normal.I_J` and `reduction.I_J`, the operation on the edge from node I to node J. Nodes
    0 and 1 are the outputs of the two cells before. The defaults are the network that the paper
    searches. Liu, Simonyan, Yang 2019, https://arxiv.org/abs/1806.09055

    A pooling keeps its BatchNorm in a candidate too, so that it computes what the supernet does;
    in the paper only the supernet has it.

    cells: in all, at least 3.
    nodes: those of a cell that are computed; the cell's output has their channels one after the
        other.
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (3, 32, 32),
        classes: int = 10,
        channels: int = 16,
        cells: int = 8,
        nodes: int = 4,
        operations: Mapping[str, Operation] = OPERATIONS,
    ) -> None:
        super().__init__()
        if cells < 3:
            raise ValueError(f"cells must be at least 3, not {cells}")
        self.input_shape = input_shape
        width = 3 * channels
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        )
        before, halved = (width, width), False
        self.cells = nn.ModuleList()
        for index in range(cells):
            reduces = index in (cells // 3, 2 * cells // 3)
            channels = channels * 2 if reduces else channels
            self.cells.append(_Cell(operations, channels, before, nodes, reduces, halved))
            before, halved = (before[1], nodes * channels), reduces
        self.head = nn.Linear(before[1], classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of images."""
        before = previous = self.stem(x)
        for cell in self.cells:
            before, previous = previous, cell(before, previous)
        scores: torch.Tensor = self.head(previous.mean((2, 3)))
        return scores


class _Cell(nn.Module):
    """Nodes, each the sum of an operation on every node before it."""

    def __init__(
        self,
        operations: Mapping[str, Operation],
        channels: int,
        before: tuple[int, int],
        nodes: int,
        reduces: bool,
        halved: bool,
    ) -> None:
        super().__init__()
        self.first: nn.Module = conv_norm(before[0], channels, 1)
        if halved:
            self.first = Reduce(before[0], channels)
        self.second = conv_norm(before[1], channels, 1)
        self.nodes = range(2, 2 + nodes)
        kind = "reduction" if reduces else "normal"
        for node in self.nodes:
            for source in range(node):
                stride = 2 if reduces and source < 2 else 1
                options = {
                    name: partial(make, channels, stride) for name, make in operations.items()
                }
                self.add_module(f"{source}_{node}", choice(f"{kind}.{source}_{node}", options))

    def forward(self, before: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        """Apply the cell to the outputs of the two cells before it."""
        tensors = [self.first(before), self.second(previous)]
        for node in self.nodes:
            edges = (self.get_submodule(f"{source}_{node}") for source in range(node))
            outputs = [edge(tensor) for edge, tensor in zip(edges, tensors)]
            tensors.append(torch.stack(outputs).sum(0))
        return torch.cat(tensors[2:], 1)

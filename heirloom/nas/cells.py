"""Cells: small graphs of operations that a network stacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Callable

import torch
from torch import nn

from .layers import Operation, conv_norm
from .parts import Choice, Inputs, choice, inputs


class Side(nn.Module):
    """One operation on one of the tensors before it, both chosen.

    Each pair of a tensor and an operation has weights of its own, as in ENAS. The weights of a pair
    have the name `INPUT.OPERATION`.
    """

    def __init__(
        self,
        label: str,
        operations: Mapping[str, Operation],
        channels: int,
        strides: Sequence[int],
    ) -> None:
        """`strides`: one for each tensor that it can read."""
        super().__init__()
        self.input: Inputs = inputs(f"{label}.input", len(strides))
        for index in map(int, self.input.built):
            options = _options(operations, channels, strides[index])
            self.add_module(str(index), choice(f"{label}.op", options))

    def forward(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """Apply the chosen operation to the chosen tensor."""
        chosen = self.input.chosen
        operation = self.get_submodule(chosen)
        assert isinstance(operation, Choice)
        out: torch.Tensor = operation(tensors[int(chosen)])
        return out


class Block(nn.Module):
    """The sum of two sides."""

    def __init__(
        self,
        label: str,
        operations: Mapping[str, Operation],
        channels: int,
        strides: Sequence[int],
    ) -> None:
        super().__init__()
        self.left = Side(f"{label}.left", operations, channels, strides)
        self.right = Side(f"{label}.right", operations, channels, strides)

    @property
    def reads(self) -> set[int]:
        """The indices of the tensors that it reads."""
        return {int(side.input.chosen) for side in (self.left, self.right)}

    def forward(self, tensors: Sequence[torch.Tensor]) -> torch.Tensor:
        """Apply both sides to the tensors before."""
        out: torch.Tensor = self.left(tensors) + self.right(tensors)
        return out


class Cell(nn.Module):
    """The cell of NASNet, ENAS micro and DARTS: blocks that add two operations on chosen tensors.

    A block reads the outputs of the two cells before and of earlier blocks. With a stride of 2, an
    operation on the cells' outputs halves the size. All cells with the same label are alike.

    The output has `channels` channels: as in ENAS, a convolution of 1x1 for each block, summed over
    the blocks that no other block reads. That is one convolution over their concatenation.

    Zoph et al. 2018, https://arxiv.org/abs/1707.07012; Pham et al. 2018,
    https://arxiv.org/abs/1802.03268

    before: channels of the outputs of the cell before the previous one, and of the previous one.
    halved: whether the previous cell halved the size.
    """

    def __init__(
        self,
        label: str,
        operations: Mapping[str, Operation],
        channels: int,
        before: tuple[int, int],
        *,
        blocks: int = 5,
        stride: int = 1,
        halved: bool = False,
    ) -> None:
        super().__init__()
        self.first = conv_norm(before[0], channels, 1, 2 if halved else 1)
        self.second = conv_norm(before[1], channels, 1)
        self.blocks = nn.ModuleList()
        self.outputs = nn.ModuleList()
        for index in range(blocks):
            strides = [stride, stride, *[1] * index]
            self.blocks.append(Block(f"{label}.{index}", operations, channels, strides))
            self.outputs.append(conv_norm(channels, channels, 1))

    def forward(self, before: torch.Tensor, previous: torch.Tensor) -> torch.Tensor:
        """Apply the cell to the outputs of the two cells before it."""
        tensors = [self.first(before), self.second(previous)]
        read: set[int] = set()
        for block in self.blocks:
            assert isinstance(block, Block)
            read |= block.reads
            tensors.append(block(tensors))
        pairs = enumerate(zip(self.outputs, tensors[2:]), 2)
        outputs = [
            convolution(tensor) for index, (convolution, tensor) in pairs if index not in read
        ]
        return torch.stack(outputs).sum(0)


class DenseCell(nn.Module):
    """The cell of NAS-Bench-201: an operation on each edge of a complete graph of nodes.

    A node is the sum of the operations on all nodes before it, and the last one is the output. All
    cells with the same label are alike. Dong and Yang 2020, https://arxiv.org/abs/2001.00326
    """

    def __init__(
        self, label: str, operations: Mapping[str, Operation], channels: int, *, nodes: int = 4
    ) -> None:
        super().__init__()
        self.nodes = nodes
        for node in range(1, nodes):
            for source in range(node):
                options = _options(operations, channels, 1)
                self.add_module(f"{source}_{node}", choice(f"{label}.{source}_{node}", options))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Apply the cell."""
        tensors = [x]
        for node in range(1, self.nodes):
            edges = (self.get_submodule(f"{source}_{node}") for source in range(node))
            outputs = [edge(tensor) for edge, tensor in zip(edges, tensors)]
            tensors.append(torch.stack(outputs).sum(0))
        return tensors[-1]


def _options(
    operations: Mapping[str, Operation], channels: int, stride: int
) -> dict[str, Callable[[], nn.Module]]:
    return {name: partial(make, channels, stride) for name, make in operations.items()}

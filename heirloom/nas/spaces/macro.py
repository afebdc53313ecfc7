"""The macro search space of ENAS: a whole network, layer by layer, with skip connections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import nn

from ..layers import Operation, Zero, conv, pool, separable
from ..parts import choice

OPERATIONS: Mapping[str, Operation] = {
    "conv_3x3": conv(3),
    "conv_5x5": conv(5),
    "sep_conv_3x3": separable(3),
    "sep_conv_5x5": separable(5),
    "avg_pool_3x3": pool("avg"),
    "max_pool_3x3": pool("max"),
}


class MacroNet(nn.Module):
    """Layers that each choose an operation and the earlier layers whose outputs are added to it.

    Labels: `layerN.op`, and `layerN.skipM`, yes or no, for each layer M before the previous one.
    After each third of the layers the size is halved, by an average pooling; the paper's network
    also doubles the channels there. Pham et al. 2018, https://arxiv.org/abs/1802.03268, section
    2.2: 12 layers of 36 channels.
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (3, 32, 32),
        classes: int = 10,
        channels: int = 36,
        layers: int = 12,
    ) -> None:
        super().__init__()
        if layers < 3 or layers % 3:
            raise ValueError(f"layers must be a multiple of 3, not {layers}")
        self.input_shape = input_shape
        self.stem = nn.Sequential(
            nn.Conv2d(input_shape[0], channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.layers = nn.ModuleList(_Layer(index, channels) for index in range(layers))
        self.halved = (layers // 3, 2 * layers // 3)
        self.head = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of images."""
        last = self.stem(x)
        outputs: list[torch.Tensor] = []
        for index, layer in enumerate(self.layers):
            if index in self.halved:
                last = _halve(last)
                outputs = [_halve(output) for output in outputs]
            last = layer(last, outputs)
            outputs.append(last)
        scores: torch.Tensor = self.head(last.mean((2, 3)))
        return scores


class _Layer(nn.Module):
    """An operation. Its output is summed with the chosen earlier layers, and normalized."""

    def __init__(self, index: int, channels: int) -> None:
        super().__init__()
        options = {name: partial(make, channels, 1) for name, make in OPERATIONS.items()}
        self.op = choice(f"layer{index}.op", options)
        self.skips = nn.ModuleList(
            choice(f"layer{index}.skip{earlier}", {"no": Zero, "yes": nn.Identity})
            for earlier in range(index - 1)
        )
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, last: torch.Tensor, outputs: Sequence[torch.Tensor]) -> torch.Tensor:
        skipped = [skip(output) for skip, output in zip(self.skips, outputs)]
        out: torch.Tensor = self.norm(torch.stack([self.op(last), *skipped]).sum(0))
        return out


def _halve(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.avg_pool2d(x, 2, ceil_mode=True)

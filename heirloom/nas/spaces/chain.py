"""A chain of convolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..labels import value
from ..parts import repeat


class ChainNet(nn.Module):
    """Stages of convolutions, each followed by a pooling that halves the size.

    Labels, with the stage for N: `stageN.width`, `stageN.depth` and, with the layer for M,
    `stageN.layerM.kernel`. The first layer of a stage changes the width; the others have a skip
    connection.
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (1, 28, 28),
        classes: int = 10,
        stages: int = 2,
        widths: Sequence[int] = (8, 16, 32, 64),
        depths: Sequence[int] = (1, 2, 3),
        kernels: Sequence[int] = (3, 5),
    ) -> None:
        super().__init__()
        self.input_shape = input_shape
        channels = input_shape[0]
        self.stages = nn.ModuleList()
        for stage in range(stages):
            width = value(f"stage{stage}.width", widths)
            self.stages.append(_Stage(stage, channels, width, depths, kernels))
            channels = width
        self.head = nn.Linear(channels, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of images."""
        for stage in self.stages:
            x = nn.functional.max_pool2d(stage(x), 2, ceil_mode=True)
        scores: torch.Tensor = self.head(x.mean((2, 3)))
        return scores


class _Stage(nn.Module):
    def __init__(
        self, stage: int, inputs: int, width: int, depths: Sequence[int], kernels: Sequence[int]
    ) -> None:
        super().__init__()
        name, self._kernels = f"stage{stage}", kernels
        self.first = self._layer(f"{name}.layer0", inputs, width)
        self.more = repeat(
            f"{name}.depth",
            [depth - 1 for depth in depths],
            lambda index: _Residual(self._layer(f"{name}.layer{index + 1}", width, width)),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.more(self.first(x))
        return out

    def _layer(self, label: str, inputs: int, outputs: int) -> nn.Module:
        kernel = value(f"{label}.kernel", self._kernels)
        convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


class _Residual(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = x + self.layer(x)
        return out

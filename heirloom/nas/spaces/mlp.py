"""A multilayer perceptron."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from ..labels import value
from ..parts import choice, repeat

ACTIVATIONS = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


class MLP(nn.Module):
    """Layers of one width: their number, their width and the activation are chosen.

    Labels: `width`, `depth`, `activation`.
    """

    def __init__(
        self,
        features: int = 64,
        classes: int = 10,
        widths: Sequence[int] = (32, 64, 128, 256),
        depths: Sequence[int] = (1, 2, 3, 4),
    ) -> None:
        super().__init__()
        self.input_shape = (features,)
        width = value("width", widths)
        self.stem = nn.Linear(features, width)
        self.hidden = repeat("depth", depths, lambda _: self._layer(width))
        self.head = nn.Linear(width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of vectors, or of images, which are flattened."""
        scores: torch.Tensor = self.head(self.hidden(self.stem(x.flatten(1))))
        return scores

    def _layer(self, width: int) -> nn.Module:
        return nn.Sequential(choice("activation", ACTIVATIONS), nn.Linear(width, width))

"""New layers, and connections past layers."""

from __future__ import annotations

from typing import Any, Optional

import torch
from torch import nn

from .layers import BATCH_NORMS, CONVS, BatchNorm, Layer, MorphismError, dimensions, outputs

# Applying one of these twice gives what applying it once gives.
_IDEMPOTENT = (nn.ReLU, nn.ReLU6, nn.Hardtanh, nn.Identity)


def deeper(
    layer: nn.Module,
    *,
    kernel_size: int = 3,
    activation: Optional[nn.Module] = None,
    norm: bool = False,
) -> nn.Sequential:
    """A new layer that returns what it is given, for the place after `layer` and its activation.

    kernel_size: of the new convolution, an odd number.
    activation: of the new layer. It must not change what it has returned: ReLU, ReLU6, Hardtanh.
        For any other, put `skip` around a new layer.
    norm: with a BatchNorm, which changes nothing in eval mode.

    Raises MorphismError.
    """
    if activation is not None and not isinstance(activation, _IDEMPOTENT):
        raise MorphismError(
            f"{type(activation).__name__} changes what it returned when it is applied again: use "
            "ReLU, or put skip() around a new layer"
        )
    width = outputs(layer)
    weight = next(layer.parameters())
    place: Any = {"device": weight.device, "dtype": weight.dtype}
    normed: type[BatchNorm]
    new: Layer
    if isinstance(layer, nn.Linear):
        new, normed = nn.Linear(width, width, **place), nn.BatchNorm1d
        nn.init.eye_(new.weight)
    else:
        if kernel_size % 2 != 1:
            raise MorphismError(f"a kernel of {kernel_size} has no centre: use an odd size")
        kind = dimensions(layer) - 1
        new = CONVS[kind](width, width, kernel_size, padding=kernel_size // 2, **place)
        normed = BATCH_NORMS[kind]
        nn.init.dirac_(new.weight)
    if new.bias is not None:
        nn.init.zeros_(new.bias)
    parts: list[nn.Module] = [new]
    if norm:
        parts.append(_identity_norm(normed(width, **place)))
    if activation is not None:
        parts.append(activation)
    return nn.Sequential(*parts).train(layer.training)


class Skip(nn.Module):
    """`module(x) + shortcut(x)`, or `module(x) + gate * x` without a shortcut."""

    def __init__(self, module: nn.Module, shortcut: Optional[nn.Module] = None) -> None:
        super().__init__()
        self.module = module
        self.shortcut = shortcut
        if shortcut is None:
            self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Add the shortcut to the module's output."""
        past = self.gate * x if self.shortcut is None else self.shortcut(x)
        out: torch.Tensor = self.module(x) + past
        return out


def skip(module: nn.Module, shortcut: Optional[nn.Module] = None) -> Skip:
    """Add a connection past `module` that starts with zero weights.

    shortcut: a Linear or convolution that gives the module's output shape, whose weights become
        zero; without one, the module's output must have the shape of its input.
    """
    if shortcut is not None:
        outputs(shortcut)
        for parameter in shortcut.parameters():
            nn.init.zeros_(parameter)
    return Skip(module, shortcut).train(module.training)


def _identity_norm(norm: BatchNorm) -> BatchNorm:
    """A BatchNorm that returns its input in eval mode, before it has seen a batch."""
    nn.init.constant_(norm.weight, (1 + norm.eps) ** 0.5)
    return norm

"""What the changes need to know of PyTorch's layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

import torch
from torch import nn

CONVS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)

Conv = Union[nn.Conv1d, nn.Conv2d, nn.Conv3d]
Layer = Union[nn.Linear, Conv]
BatchNorm = Union[nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d]


class MorphismError(ValueError):
    """A change would not keep the network's function; the message says why."""


def as_conv(layer: nn.Module) -> Conv:
    """The layer itself. Raises MorphismError unless it is a convolution."""
    if not isinstance(layer, CONVS):
        raise MorphismError(f"{type(layer).__name__} is no convolution of 1 to 3 dimensions")
    return layer


def dimensions(layer: nn.Module) -> int:
    """The number of dimensions of a convolution's kernel."""
    return len(as_conv(layer).kernel_size)


def outputs(layer: nn.Module) -> int:
    """The number of units or channels. Raises MorphismError for a layer that cannot be changed."""
    if not isinstance(layer, nn.Linear) and as_conv(layer).groups != 1:
        raise MorphismError("a convolution with groups cannot be changed: its groups would shift")
    if "weight" not in dict(layer.named_parameters(recurse=False)):
        raise MorphismError(
            f"the weight of {type(layer).__name__} is computed from other parameters: remove the "
            "parametrization before"
        )
    return layer.out_features if isinstance(layer, nn.Linear) else as_conv(layer).out_channels


def set_outputs(layer: nn.Module, width: int) -> None:
    """Change the number that the layer says it has."""
    if isinstance(layer, nn.Linear):
        layer.out_features = width
    else:
        as_conv(layer).out_channels = width


def inputs(layer: nn.Module) -> int:
    """The number of features or channels that the layer reads."""
    return layer.in_features if isinstance(layer, nn.Linear) else as_conv(layer).in_channels


def replace(module: nn.Module, name: str, change: Callable[[torch.Tensor], torch.Tensor]) -> None:
    """Replace a parameter or buffer, if there is one, by a changed one."""
    found = getattr(module, name, None)
    if isinstance(found, nn.Parameter):
        changed = change(found.detach()).contiguous()
        setattr(module, name, nn.Parameter(changed, requires_grad=found.requires_grad))
    elif isinstance(found, torch.Tensor):
        setattr(module, name, change(found).contiguous())

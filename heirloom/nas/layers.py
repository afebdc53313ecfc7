"""Layers that several search spaces use."""

from __future__ import annotations

from typing import Callable

import torch
from torch import nn

Operation = Callable[[int, int], nn.Module]  # of a number of channels and a stride


class Zero(nn.Module):
    """Nothing: zeros of the output's shape."""

    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zeros."""
        return x[..., :: self.stride, :: self.stride] * 0.0


def conv_norm(
    inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, dilation: int = 1
) -> nn.Sequential:
    """ReLU, a convolution that keeps the size, BatchNorm."""
    padding = dilation * (kernel - 1) // 2
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    )


def conv(kernel: int) -> Operation:
    """A convolution."""
    return lambda channels, stride: conv_norm(channels, channels, kernel, stride)


def separable(kernel: int) -> Operation:
    """A separable convolution, applied twice, as in NASNet."""

    def make(channels: int, stride: int) -> nn.Module:
        return nn.Sequential(
            *_separable(channels, kernel, stride), *_separable(channels, kernel, 1)
        )

    return make


def dilated(kernel: int) -> Operation:
    """A separable convolution with dilation 2, applied once, as in DARTS."""

    def make(channels: int, stride: int) -> nn.Module:
        depthwise = nn.Conv2d(
            channels, channels, kernel, stride, kernel - 1, 2, groups=channels, bias=False
        )
        pointwise = nn.Conv2d(channels, channels, 1, bias=False)
        return nn.Sequential(nn.ReLU(), depthwise, pointwise, nn.BatchNorm2d(channels))

    return make


class Reduce(nn.Module):
    """ReLU, two convolutions of 1x1 that halve the size, BatchNorm: DARTS' factorized reduction.

    Each makes half of the channels. The second one reads the pixels between those of the first.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.even = nn.Conv2d(inputs, outputs - outputs // 2, 1, 2, bias=False)
        self.odd = nn.Conv2d(inputs, outputs // 2, 1, 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The input with half its size, rounded up."""
        x = nn.functional.relu(x)
        shifted = nn.functional.pad(x, (0, 1, 0, 1))[..., 1:, 1:]
        out: torch.Tensor = self.norm(torch.cat([self.even(x), self.odd(shifted)], 1))
        return out


def pool(kind: str, kernel: int = 3) -> Operation:
    """Max or average pooling, which leaves out the padding."""

    def make(channels: int, stride: int) -> nn.Module:
        padding = kernel // 2
        if kind == "max":
            return nn.MaxPool2d(kernel, stride, padding)
        return nn.AvgPool2d(kernel, stride, padding, count_include_pad=False)

    return make


def normalized_pool(kind: str) -> Operation:
    """Pooling and BatchNorm without a scale to learn, as in the supernet of DARTS."""

    def make(channels: int, stride: int) -> nn.Module:
        return nn.Sequential(pool(kind)(channels, stride), nn.BatchNorm2d(channels, affine=False))

    return make


def skip(channels: int, stride: int) -> nn.Module:
    """The input itself; with a stride, a convolution that halves its size."""
    return nn.Identity() if stride == 1 else conv_norm(channels, channels, 1, stride)


def reduced_skip(channels: int, stride: int) -> nn.Module:
    """The input itself; with a stride, `Reduce`."""
    return nn.Identity() if stride == 1 else Reduce(channels, channels)


def zero(channels: int, stride: int) -> nn.Module:
    """Nothing."""
    return Zero(stride)


def _separable(channels: int, kernel: int, stride: int) -> nn.Sequential:
    depthwise = nn.Conv2d(
        channels, channels, kernel, stride, kernel // 2, groups=channels, bias=False
    )
    pointwise = nn.Conv2d(channels, channels, 1, bias=False)
    return nn.Sequential(nn.ReLU(), depthwise, pointwise, nn.BatchNorm2d(channels))

"""The weights of layers of a network that descends from another one, and keeps its function."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Optional

import torch

from .width import shares

if TYPE_CHECKING:
    from ..space.network.correspondence import Start

Tensors = Mapping[str, torch.Tensor]  # by the last parts of their names, such as `conv.weight`

Moments = tuple[torch.Tensor, torch.Tensor]  # mean and variance of each channel

_EPS = 1e-5  # of PyTorch's BatchNorm


class Growth:
    """Makes the tensors of layers from those of the ancestor's layers.

    The rules are those of Net2Net (arXiv:1511.05641) and of network morphism (arXiv:1603.01670),
    and the noise is that of Auto-Keras (arXiv:1806.10282). In contrast to these, the copies of a
    unit get random shares of the weights that read it.

    Args:
        noise: how much is added to new weights at most, as a share of half the range of weights:
            the range of the ancestor's tensor, or 1 where the whole layer is new. 0 keeps the
            function up to rounding.
        generator: of the noise and of shares; by default PyTorch's own.
    """

    def __init__(self, noise: float = 0.0, generator: Optional[torch.Generator] = None) -> None:
        self._noise = noise
        self._generator = generator

    def copied(self, start: Start, old: Tensors) -> dict[str, torch.Tensor]:
        """The tensors of a layer that the ancestor has, from its tensors."""
        first = {number: index for index, number in reversed(list(enumerate(start.outputs)))}
        is_copy = torch.tensor([first[n] != index for index, n in enumerate(start.outputs)])
        return {
            name: self._copied(start, found, is_copy, is_exact=name.startswith("norm."))
            for name, found in old.items()
        }

    def added(
        self, start: Start, shapes: Mapping[str, Sequence[int]], moments: Optional[Moments] = None
    ) -> dict[str, torch.Tensor]:
        """The tensors of a new layer: a convolution, a BatchNorm or both.

        moments: mean and variance of what each unit of a layer returns, which a BatchNorm undoes.
            It returns its input in eval mode whatever they are, and in training as far as they are
            right. By default 0 and 1.
        """
        found = {name: torch.zeros(tuple(shape)) for name, shape in shapes.items()}
        mean, variance = moments or (torch.zeros(()), torch.ones(()))
        for name, tensor in found.items():
            if not tensor.dim():
                found[name] = tensor.long()
            elif name == "norm.weight":
                tensor.copy_((variance + _EPS).sqrt())
            elif name in ("norm.bias", "norm.running_mean"):
                tensor.copy_(mean)
            elif name == "norm.running_var":
                tensor.copy_(variance)
            elif name.startswith("conv."):
                if name == "conv.weight" and start.outputs:
                    _, _, height, width = tensor.shape
                    places = torch.arange(len(start.outputs)), torch.tensor(start.outputs)
                    tensor[(*places, height // 2, width // 2)] = 1.0
                found[name] = tensor + self._drawn(tensor, 1.0)
        return found

    def _copied(
        self, start: Start, old: torch.Tensor, is_copy: torch.Tensor, *, is_exact: bool
    ) -> torch.Tensor:
        if not old.dim():
            return old.clone()
        found = old[torch.tensor(start.outputs)]
        is_new = is_copy.view(-1, *(1,) * (old.dim() - 1))
        if old.dim() > 1:
            found, is_unread = self._read(found, start.inputs)
            is_new = is_new | is_unread
        if is_exact or not self._noise:
            return found
        return found + self._drawn(found, float(old.max() - old.min())) * is_new

    def _read(
        self, weight: torch.Tensor, inputs: Sequence[Optional[int]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The weight for these inputs, and which of its numbers read a new one.

        The weights of an input are shared out between its copies.
        """
        known = [index for index, number in enumerate(inputs) if number is not None]
        copied = torch.tensor([number for number in inputs if number is not None])
        old = int(copied.max()) + 1
        blocks = weight.reshape(
            len(weight), old, -1, *weight.shape[2:]
        )  # a flattened channel has several inputs
        parts = shares(copied, old, self._generator).to(weight.dtype)
        found = blocks.new_zeros(len(blocks), len(inputs), *blocks.shape[2:])
        found[:, known] = blocks[:, copied] * parts.view(1, -1, *(1,) * (blocks.dim() - 2))
        is_unread = torch.ones_like(found, dtype=torch.bool)
        is_unread[:, known] = False
        return found.flatten(1, 2), is_unread.flatten(1, 2)

    def _drawn(self, like: torch.Tensor, spread: float) -> torch.Tensor:
        """Noise of a tensor's shape."""
        drawn = torch.rand(like.shape, generator=self._generator, dtype=torch.float64) - 0.5
        return (drawn * self._noise * spread).to(like.dtype)


def rectified(weight: torch.Tensor, bias: torch.Tensor) -> Moments:
    """The moments of what ReLU returns after a BatchNorm with these parameters.

    The values before ReLU are taken for normally distributed: with the mean `bias` and the standard
    deviation `weight`, as the BatchNorm makes them in training.
    """
    deviation = weight.abs() + _EPS
    ratio = bias / deviation
    above = torch.special.ndtr(ratio)  # the share of values above zero
    density = torch.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    mean = bias * above + deviation * density
    square = (bias**2 + deviation**2) * above + bias * deviation * density
    return mean, (square - mean**2).clamp(min=0)

"""Layers that read more: further inputs, and more neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

import torch
from torch import nn

from .layers import MorphismError, as_conv, outputs, replace


def more_inputs(follower: Any, more: int) -> None:
    """Let `follower` read `more` further inputs, concatenated behind its own, with zero weights.

    Raises MorphismError.
    """
    outputs(follower)
    if more < 0:
        raise MorphismError(f"a layer cannot get {more} further inputs")
    with torch.no_grad():
        replace(
            follower,
            "weight",
            lambda found: torch.cat(
                (found, found.new_zeros((found.shape[0], more, *found.shape[2:]))), dim=1
            ),
        )
    if isinstance(follower, nn.Linear):
        follower.in_features += more
    else:
        follower.in_channels += more


def larger_kernel(conv: nn.Module, size: Union[int, Sequence[int]]) -> None:
    """Enlarge a convolution's kernel with zeros around it, and its padding to match.

    size: of each dimension, or of all; it grows by an even number. Raises MorphismError.
    """
    layer: Any = as_conv(conv)  # the types of the three differ in the number of sizes
    old = layer.kernel_size
    new = (size,) * len(old) if isinstance(size, int) else tuple(size)
    if len(new) != len(old) or any(n < o or (n - o) % 2 for n, o in zip(new, old)):
        raise MorphismError(
            f"a kernel of {_sizes(old)} cannot become {_sizes(new)}: each size has to grow by an "
            "even number"
        )
    around = [(n - o) // 2 for n, o in zip(new, old)]
    both = [each for more in reversed(around) for each in (more, more)]
    with torch.no_grad():
        replace(layer, "weight", lambda found: nn.functional.pad(found, both))
    layer.kernel_size = new
    if layer.padding != "same":
        given = (0,) * len(old) if layer.padding == "valid" else layer.padding
        layer.padding = tuple(p + m * d for p, m, d in zip(given, around, layer.dilation))
    # PyTorch keeps the padding twice, and reads this one unless it pads with zeros.
    layer._reversed_padding_repeated_twice = [
        each + more * dilation
        for each, more, dilation in zip(
            layer._reversed_padding_repeated_twice,
            both,
            [d for d in reversed(layer.dilation) for _ in range(2)],
        )
    ]


def _sizes(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))

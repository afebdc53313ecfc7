"""Wider layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional

import torch
from torch import nn

from .layers import (
    BATCH_NORMS,
    MorphismError,
    inputs,
    outputs,
    replace,
    set_outputs,
)


def wider(
    layer: nn.Module,
    width: int,
    followers: Sequence[nn.Module],
    norms: Sequence[nn.Module] = (),
    generator: Optional[torch.Generator] = None,
) -> None:
    """Give `layer` more outputs: units of a Linear, channels of a convolution.

    A new unit is a copy of a random one, and the weights that read it are shared out between the
    copies. Net2Net shares them out equally and adds noise, since copies with equal weights would
    learn the same; here the shares are random, which keeps the function exactly.

    followers: every layer that reads the outputs, through element-wise activations, pooling or a
        flattening.
    norms: every BatchNorm or LayerNorm between. A LayerNorm needs a multiple of the old width.

    Raises MorphismError, before anything is changed.
    """
    old = outputs(layer)
    _check_wider(layer, old, width, followers, norms)
    copied = torch.cat((torch.arange(old), _chosen(old, width, norms, generator)))
    parts = shares(copied, old, generator)
    with torch.no_grad():
        for name in ("weight", "bias"):
            replace(layer, name, lambda found: found[copied.to(found.device)])
        set_outputs(layer, width)
        for norm in norms:
            _widen_norm(norm, copied)
        for follower in followers:
            _widen_inputs(follower, copied, parts, old)


def _check_wider(
    layer: nn.Module,
    old: int,
    width: int,
    followers: Sequence[nn.Module],
    norms: Sequence[nn.Module],
) -> None:
    if width <= old:
        raise MorphismError(f"a layer of {old} cannot become wider with {width}")
    if not followers:
        raise MorphismError("give the layers that read the output: their weights change too")
    for follower in followers:
        outputs(follower)
        count = inputs(follower)
        fits = not count % old if isinstance(follower, nn.Linear) else count == old
        if follower is layer or not fits:
            raise MorphismError(f"a layer with {count} inputs cannot follow one with {old}")
    for norm in norms:
        if isinstance(norm, nn.LayerNorm):
            features = norm.normalized_shape[-1]
            if norm.normalized_shape != (old,) or width % old:
                raise MorphismError(
                    f"a LayerNorm over {tuple(norm.normalized_shape)} keeps its function only if "
                    f"its width becomes a multiple of {features}: {width} is none"
                )
        elif not isinstance(norm, BATCH_NORMS) or norm.num_features % old:
            raise MorphismError(f"{type(norm).__name__} cannot be made wider from {old} features")


def _chosen(
    old: int,
    width: int,
    norms: Sequence[nn.Module],
    generator: Optional[torch.Generator],
) -> torch.Tensor:
    """Which unit each new one copies."""
    if any(isinstance(norm, nn.LayerNorm) for norm in norms):
        # Mean and variance stay as they are if every unit has as many copies.
        return torch.arange(old).repeat(width // old - 1)
    return torch.randint(old, (width - old,), generator=generator)


def shares(copied: torch.Tensor, old: int, generator: Optional[torch.Generator]) -> torch.Tensor:
    """The random share of each unit in what its copies have together, which is 1.

    copied: for each unit, the number of the one of `old` units that it copies.
    """
    parts = 0.5 + torch.rand(len(copied), generator=generator, dtype=torch.float64)
    total = torch.zeros(old, dtype=torch.float64).index_add_(0, copied, parts)
    return parts / total[copied]


def _spread(units: torch.Tensor, each: int) -> torch.Tensor:
    """The indices of units that have `each` neighbouring numbers after a flattening."""
    return (units[:, None] * each + torch.arange(each)).flatten()


def _widen_norm(norm: Any, copied: torch.Tensor) -> None:
    if isinstance(norm, nn.LayerNorm):
        index = copied
        norm.normalized_shape = (len(copied),)
    else:
        each = norm.num_features // (int(copied.max()) + 1)
        index = _spread(copied, each)
        norm.num_features = len(index)
    for name in ("weight", "bias", "running_mean", "running_var"):
        replace(norm, name, lambda found: found[index.to(found.device)])


def _widen_inputs(follower: Any, copied: torch.Tensor, shares: torch.Tensor, old: int) -> None:
    each = inputs(follower) // old
    index, part = _spread(copied, each), shares.repeat_interleave(each)

    def change(found: torch.Tensor) -> torch.Tensor:
        shared = part.to(found.device, found.dtype).view(1, -1, *(1,) * (found.dim() - 2))
        return found[:, index.to(found.device)] * shared

    replace(follower, "weight", change)
    if isinstance(follower, nn.Linear):
        follower.in_features = len(index)
    else:
        follower.in_channels = len(index)

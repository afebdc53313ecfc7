"""Carries a plan out: copies numbers from saved weights into a module's tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch

from ..plan import Transfer
from ..source import Source


def move(
    tensors: Mapping[str, torch.Tensor],
    transfers: Mapping[str, Transfer],
    sources: Sequence[Source],
) -> None:
    """Copy into `tensors`, in place, with the types and devices that they have."""
    with torch.no_grad():
        for name, transfer in transfers.items():
            found = [sources[number].read(source) for number, source in transfer.sources]
            if len(found) > 1:
                tensors[name].copy_(mean(found, tensors[name]))
            else:
                copy(tensors[name], found[0], transfer)


def copy(target: torch.Tensor, source: torch.Tensor, transfer: Transfer) -> None:
    """Copy the pieces of a transfer, and set to zero what is zero but for them."""
    if transfer.whole:
        target.copy_(source)
    else:
        for part in transfer.zeros:
            target[part].zero_()
        for to, of in transfer.pieces:
            target[to].copy_(source[of])


def mean(found: Sequence[torch.Tensor], target: torch.Tensor) -> torch.Tensor:
    """The mean, added up in single precision or better, on the device of `target`."""
    wide = torch.promote_types(target.dtype, torch.float32)
    total = torch.zeros_like(target, dtype=wide)
    for part in found:
        total += part.to(target.device, wide)
    return total / len(found)

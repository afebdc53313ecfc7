"""Writes tensors to one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch

from ..errors import WeightsError


def write_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write tensors, from whatever device. Raises WeightsError or OSError."""
    try:
        from safetensors import SafetensorError
        from safetensors.torch import save_file
    except ImportError:
        raise WeightsError(
            "the package safetensors is not installed where trials run: pip install safetensors"
        ) from None
    # A view of a larger tensor, or two that overlap, are stored as tensors of their own.
    plain = {name: _own(tensor) for name, tensor in tensors.items()}
    try:
        save_file(plain, str(path), metadata={"format": "pt"})
    except SafetensorError as error:
        raise OSError(f"{path} cannot be written: {error}") from error


def _own(tensor: torch.Tensor) -> torch.Tensor:
    plain = tensor.detach().cpu()
    whole = plain.is_contiguous() and plain.untyped_storage().nbytes() == (
        plain.numel() * plain.element_size()
    )
    return plain if whole else plain.clone(memory_format=torch.contiguous_format)

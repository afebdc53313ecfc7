"""A fast path for networks on PyTorch's meta device, where only the shapes of tensors matter."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

_ATEN = torch.ops.aten
_NORMALIZATION = _ATEN.native_batch_norm.default
_IS_TRAINING = 5  # the index of this argument of the normalization
_ACTIVATIONS = frozenset(
    getattr(_ATEN, name).default
    for name in ("relu", "relu_", "silu", "silu_", "gelu", "hardtanh", "hardtanh_", "hardswish")
)


class ShapesOnly(TorchDispatchMode):
    """Skips activations and batch normalizations, whose outputs have the shape of their inputs.

    PyTorch computes the shapes of these two in Python, which takes most of the time of a network
    on the meta device. Tensors on other devices are not concerned.
    """

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See TorchDispatchMode."""
        if args and isinstance(args[0], torch.Tensor) and args[0].is_meta:
            if func in _ACTIVATIONS:
                return args[0]
            if func is _NORMALIZATION and not args[_IS_TRAINING]:
                statistics = args[0].new_empty(0)
                return args[0], statistics, statistics
        return func(*args, **(kwargs or {}))

"""The memory that a trial can train a network in, as far as this machine tells."""

from __future__ import annotations

from typing import Optional

import torch

from ..node.inspect.machine import memory


def available() -> dict[str, Optional[int]]:
    """The memory of the `machine`, and of the `gpu` that the trial has, in bytes; None without."""
    gpu = None
    if torch.cuda.is_available():
        gpu = int(torch.cuda.get_device_properties(0).total_memory)
    return {"machine": memory(), "gpu": gpu}

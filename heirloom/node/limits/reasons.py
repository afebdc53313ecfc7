"""How the reason of a failure names memory."""

from __future__ import annotations

import math
from typing import Optional

_DECIMAL = ("bytes", "kB", "MB", "GB", "TB")
_BINARY = ("bytes", "KiB", "MiB", "GiB", "TiB")


def exceeded(limit: Optional[int], used: Optional[int] = None) -> str:
    """`used 2.1 GiB, more than its memory limit of 2 GiB`. Sizes are in bytes; None: unknown."""
    if limit is None:
        return "used more memory than the node has"
    # In the unit of the limit as a person wrote it: 200MB is a multiple of 1000.
    base = 1000 if limit % 1000 == 0 else 1024
    amount = "more" if used is None else f"{_size(used, base)}, more"
    return f"used {amount} than its memory limit of {_size(limit, base, exact=True)}"


def _size(size: int, base: int, *, exact: bool = False) -> str:
    """A size in a unit, with a decimal that is rounded up unless it is `exact`."""
    power = 0
    while size >= base ** (power + 1) and power < len(_BINARY) - 1:
        power += 1
    value = size / base**power
    number = f"{round(value, 3):g}" if exact else f"{math.ceil(value * 10) / 10:g}"
    return f"{number} {(_DECIMAL if base == 1000 else _BINARY)[power]}"

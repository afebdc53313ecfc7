"""Counts, durations and commands as people read and type them."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path


def command(*words: str) -> str:
    """A command of Heirloom in the form that started this process.

    `heirloom resume NAME`, or in a clone `python -m controller resume NAME`.
    """
    as_module = Path(sys.argv[0]).parts[-2:] == ("controller", "__main__.py")
    return shlex.join(["python", "-m", "controller", *words] if as_module else ["heirloom", *words])


def counted(number: int, what: str) -> str:
    """`1 trial`, `3 trials`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def clock(at: float) -> str:
    """Local date and time, such as `2024-05-01 10:00:00`; `at` is in seconds since the epoch."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def duration(seconds: float) -> str:
    """`42s`, `3m05s`, `2h10m`, `3d04h`."""
    seconds = int(seconds)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    if seconds < 86400:
        return f"{seconds // 3600}h{seconds % 3600 // 60:02d}m"
    return f"{seconds // 86400}d{seconds % 86400 // 3600:02d}h"


def limits(trials: int | None, seconds: float | None) -> str:
    """A budget: `90 trials or 8h00m`. None: it has no such limit."""
    found = [] if trials is None else [counted(trials, "trial")]
    found += [] if seconds is None else [duration(seconds)]
    return " or ".join(found) or "none, the tuner ends the search"

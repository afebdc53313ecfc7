"""What a trial sees: `from heirloom import trial`.

`params` is the candidate, a dictionary; `restore_path` is where the parent's committed weights
stand (None for a trial with no parent), `restore_paths` all parents'; weights go below `save_path`.
Outside an experiment the parameters are empty, `save_path` is a scratch directory, and reports
appear on the terminal.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Optional

from .channel import channel

params: dict[str, Any]
restore_path: Optional[Path]
restore_paths: tuple[Path, ...]
save_path: Path


def report(value: Any, step: Optional[int] = None) -> None:
    """Report an intermediate value, a number; `step` counts up by itself when it is not given.

    This is also where an early stop takes effect: SystemExit is raised here, with `save_path` as
    you left it, and not somewhere in the middle of writing it. Raises TypeError for what is no
    number.
    """
    number = _number(value)
    # JSON has no word for what is not finite.
    counted = channel.report(number if math.isfinite(number) else None, step)
    if not channel.inside:
        _say(f"step {counted}: {number}")


def finish(value: Any, **extra: Any) -> None:
    """Report the result, a number, and anything else worth keeping that JSON can carry.

    Every trial calls it, once its weights are written. Raises TypeError for what is no number.
    """
    said = json.dumps({**extra, "value": _number(value)}, default=_plain)
    if not channel.conclude(said):
        _say(f"result: {said}")


def _number(value: Any) -> float:
    """A plain number of what numpy and others wrap."""
    number = _plain(value)
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"a result is a number, not {value!r} ({type(value).__name__})")
    return number


def _plain(value: Any) -> Any:
    """What a numpy scalar or a tensor of one element holds."""
    item = getattr(value, "item", None)
    if callable(item):
        return item()
    if not isinstance(value, (int, float)) and hasattr(value, "__float__"):
        return float(value)
    if isinstance(value, (bool, int, float)):
        return value
    raise TypeError(f"a result is a number, not {value!r} ({type(value).__name__})")


def _say(text: str) -> None:
    sys.stdout.write(f"heirloom: {text}\n")
    sys.stdout.flush()


def __getattr__(name: str) -> Any:
    """`save_path`, made only when it is asked for: a scratch directory outside an experiment."""
    if name != "save_path":
        raise AttributeError(f"heirloom.trial has no {name!r}")
    place = os.environ.get("HEIRLOOM_SAVE_PATH")
    if place is None:
        place = tempfile.mkdtemp(prefix="heirloom-")
        _say(f"outside an experiment: weights go to {place}")
    globals()["save_path"] = found = Path(place)
    return found


params = channel.params()
restore_paths = tuple(
    Path(place) for place in os.environ.get("HEIRLOOM_RESTORE_PATHS", "").split(":") if place
)
restore_path = restore_paths[0] if restore_paths else None

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
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, Optional

params: dict[str, Any]
restore_path: Optional[Path]
restore_paths: tuple[Path, ...]
save_path: Path

_METRICS = os.environ.get("HEIRLOOM_METRICS")
_RESULT = os.environ.get("HEIRLOOM_RESULT")


def report(value: Any, step: Optional[int] = None) -> None:
    """Report an intermediate value, a number; `step` counts up by itself when it is not given.

    This is also where an early stop takes effect: SystemExit is raised here, with `save_path` as
    you left it, and not somewhere in the middle of writing it. Raises TypeError for what is no
    number.
    """
    _signals.hold()
    number = _number(value)
    _steps.count = _steps.count + 1 if step is None else int(step)
    line = {
        "step": _steps.count,
        "value": number if math.isfinite(number) else None,  # JSON has no word for the others
        "at": time.time(),
    }
    if _METRICS is None:
        _say(f"step {_steps.count}: {number}")
    else:
        fd = os.open(_METRICS, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
        try:
            os.write(fd, json.dumps(line).encode() + b"\n")
        finally:
            os.close(fd)
    _signals.heed()


def finish(value: Any, **extra: Any) -> None:
    """Report the result, a number, and anything else worth keeping that JSON can carry.

    Every trial calls it, once its weights are written. Raises TypeError for what is no number.
    """
    said = {**extra, "value": _number(value)}
    if _RESULT is None:
        _say(f"result: {json.dumps(said)}")
        return
    draft = f"{_RESULT}.{os.getpid()}"
    with open(draft, "w", encoding="utf-8") as file:
        json.dump(said, file, default=_plain)
    os.replace(draft, _RESULT)


class _Steps:
    """The step of the last report."""

    count = -1


class _Signals:
    """SIGTERM held back until the trial reports, so that weights are not torn by an early stop."""

    def __init__(self) -> None:
        self._held = False
        self._pending = False

    def hold(self) -> None:
        """From now on; only a main thread can, and a trial's own handler is left alone."""
        if self._held or _METRICS is None:
            return
        if threading.current_thread() is threading.main_thread():
            self._held = True
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._note)

    def heed(self) -> None:
        """Leave if a signal came. Raises SystemExit."""
        if self._pending:
            raise SystemExit(128 + signal.SIGTERM)

    def _note(self, number: int, frame: Optional[FrameType]) -> None:
        if self._pending:  # the second one ends at once
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        self._pending = True


_steps = _Steps()
_signals = _Signals()


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


def _read_params() -> dict[str, Any]:
    place = os.environ.get("HEIRLOOM_PARAMS")
    if place is None:
        return {}
    with open(place, encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
    return found


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


params = _read_params()
restore_paths = tuple(
    Path(place) for place in os.environ.get("HEIRLOOM_RESTORE_PATHS", "").split(":") if place
)
restore_path = restore_paths[0] if restore_paths else None

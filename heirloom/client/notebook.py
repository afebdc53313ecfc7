"""The lines of a search in a notebook: one output area of a cell, which is updated in place."""

from __future__ import annotations

import importlib
import sys
from collections import deque
from collections.abc import Callable
from typing import Any

_LINES = 12  # that are shown at a time


class CellOutput:
    """The latest lines, and how many there were before."""

    def __init__(self, display: Callable[..., Any]) -> None:
        """`display` is that of IPython.display."""
        self._display = display
        self._handle: Any = None  # of the output area, once there is one
        self._lines: deque[str] = deque(maxlen=_LINES)
        self._count = 0

    def add(self, line: str) -> None:
        """Show a line below the others."""
        self._lines.append(line)
        self._count += 1
        before = self._count - len(self._lines)
        shown = [f"… {before} lines before"] if before else []
        data = {"text/plain": "\n".join([*shown, *self._lines])}
        if self._handle is None:
            self._handle = self._display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def shower() -> Callable[[str], object]:
    """What shows a line: `print`, but in a notebook a CellOutput."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if getattr(shell, "kernel", None) is None:  # no IPython, or IPython on a terminal
        return print
    return CellOutput(importlib.import_module("IPython.display").display).add

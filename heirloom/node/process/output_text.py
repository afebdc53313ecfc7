"""What a program printed, as lines without progress bars, colours and control characters."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .tracebacks import ExceptionFinder

_LINE = 200  # characters of a line that a reason quotes
_ESCAPES = re.compile(
    r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[ -/]*[0-~])"  # ECMA-48, 5.4 and 8.3
)
_BREAKS = re.compile(r"[\r\n]+")  # a carriage return starts a line again
_PROGRESS = re.compile(r"\d+%\s*[|\[█━]|\d+/\d+ *\[|\d+/\d+ +━|[\d.?]+(it/s|s/it)\b")
_WARNING = re.compile(r":\d+: \w*Warning: ")  # of the module warnings: its next line is source
_FRAMES = "│┃|╭╰╮╯─━ "  # around a message


def readable_lines(output: bytes) -> list[str]:
    """The lines of a program's output that are not blank, without the updates of a progress bar.

    Of an output that is nothing but a progress bar, its last state.
    """
    text = _ESCAPES.sub("", output.decode(errors="replace"))
    lines = [line.rstrip() for line in _BREAKS.split(text) if line.strip()]
    others = [line for line in lines if not _PROGRESS.search(line) or "Traceback (" in line]
    return others or lines[-1:]


def failure(lines: Sequence[str], finder: ExceptionFinder) -> str:
    """Why a program failed, from the lines at the end of its output; empty if it printed none.

    The exception that ended it, else the last line with a letter or a digit in it.
    """
    found = finder.find(lines)
    if not found:
        with_text = [line for line in lines if re.search(r"[^\W_]", line)]
        found = (_without_goodbye(with_text) or with_text or [""])[-1].strip(_FRAMES)
    return quoted(found)


def _without_goodbye(lines: Sequence[str]) -> list[str]:
    """The lines without warnings and what programs print at their end in any case."""
    kept = []
    after_warning = False
    for line in lines:
        after_warning = bool(_WARNING.search(line)) or (after_warning and line.startswith(" "))
        if not after_warning and not line.startswith("wandb: "):
            kept.append(line)
    return kept


def quoted(line: str) -> str:
    """A line for use in a reason: printable characters only, at most 200."""
    text = "".join(char for char in line.strip() if char.isprintable())
    return text if len(text) <= _LINE else f"{text[: _LINE - 1]}…"

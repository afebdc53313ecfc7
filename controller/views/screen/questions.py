"""The questions that a running search asks its user on a terminal."""

from __future__ import annotations

import os
import select
import signal
import sys

from rich.console import Console
from rich.prompt import Prompt

from controller.engine.observer import Choice, PauseChoice

PAUSED = "(g)o on with the search all the same, or (e)nd here and resume later? "
_ANSWERS: dict[str, PauseChoice] = {"g": "go on", "go on": "go on", "e": "end", "end": "end"}
_CHOICES: dict[str, Choice] = {"l": "leave", "s": "stop", "g": "go on"}


def may_read() -> bool:
    """Whether standard input is a terminal of which this process is in the foreground."""
    try:
        return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def has_line() -> bool:
    """Whether the user has entered a line, or ended the input."""
    return bool(select.select([sys.stdin], [], [], 0)[0])


def answer_on_pause() -> PauseChoice | None:
    """The line that the user entered, as an answer; None where it is none."""
    line = sys.stdin.readline()
    return _ANSWERS.get(line.strip().lower(), None if line else "end")


def on_interrupt(console: Console, on_nodes: int) -> Choice:
    """Ask what becomes of the trials after Ctrl-C. A second Ctrl-C leaves them running."""
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        answer = Prompt.ask(
            f"\n{on_nodes} trials are on nodes. (l)eave them running and resume later, "
            "(s)top them, or (g)o on?",
            choices=["l", "s", "g"],
            default="l",
            console=console,
        )
    except (KeyboardInterrupt, EOFError):
        console.print()
        answer = "l"
    finally:
        signal.signal(signal.SIGINT, handler)
    return _CHOICES[answer]

"""Output of commands that print a line or two."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape


def say(text: str) -> None:
    """Print a line of plain text."""
    Console(highlight=False, emoji=False).print(escape(text), soft_wrap=True)

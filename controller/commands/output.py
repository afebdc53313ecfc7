"""Output of commands that print a line or two."""

from __future__ import annotations

from rich.markup import escape

from controller.views import output


def say(text: str) -> None:
    """Print a line of plain text."""
    output.console().print(escape(text), soft_wrap=True)

"""What is shown while nodes are inspected, before a search runs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from controller.formats import counted
from controller.views import output


@contextlib.contextmanager
def inspecting(count: int) -> Iterator[None]:
    """Show that `count` nodes are being inspected, while the context is open."""
    console = output.console()
    line = f"inspecting {counted(count, 'node')} …"
    if output.is_terminal():
        with console.status(line):
            yield
    else:
        console.print(f"[dim]{line}[/]")
        yield

"""`heirloom watch`."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from controller.commands.arguments import names
from controller.state.home import Home


def watch(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="The experiment's name. Default: the one that runs.",
            autocompletion=names,
        ),
    ] = None,
) -> None:
    """Show a running search as `run` does, from another terminal.

    On a terminal it is the screen of `run`; in a pipe it is plain lines. It changes nothing, and
    any number of terminals may watch. It ends when the search has ended; Ctrl-C only leaves. Where
    no controller runs the search, its last state is shown until one does.
    """
    from controller.views.screen import watch

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # restores the cursor
    home = Home.of_user()
    watch.watch(watch.running(home) if name is None else home.find(name))

"""`heirloom resume`."""

from __future__ import annotations

import typer

from controller.commands.arguments import InventoryFile, KeepGoing, Name
from controller.state.home import Home


def resume(name: Name, inventory: InventoryFile = None, keep_going: KeepGoing = False) -> None:
    """Go on with an experiment that was left, stopped, paused or killed.

    Trials that still run on their nodes are adopted. The search goes on with what remains of its
    budget. Exit codes are those of `run`.
    """
    from controller.commands.search import wiring

    home = Home.of_user()
    raise typer.Exit(wiring.resume(name, home, inventory=inventory, keep_going=keep_going))

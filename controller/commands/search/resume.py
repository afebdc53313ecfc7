"""`heirloom resume`."""

from __future__ import annotations

import typer

from controller.commands.arguments import InventoryFile, Name
from controller.state.home import Home


def resume(name: Name, inventory: InventoryFile = None) -> None:
    """Go on with an experiment that was left, stopped or killed.

    Trials that still run on their nodes are adopted. The search goes on with what remains of its
    budget. Exit codes are those of `run`.
    """
    from controller.commands.search import wiring

    raise typer.Exit(wiring.resume(name, Home.of_user(), inventory=inventory))

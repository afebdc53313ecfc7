"""`heirloom nodes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import InventoryFile, Json
from controller.state.home import Home


def nodes(
    inventory: InventoryFile = None,
    store: Annotated[
        Path | None,
        typer.Option(help="The store's path on this machine. Default: the inventory's."),
    ] = None,
    json: Json = False,
) -> None:
    """Inspect every node, and say how to fix what is wrong.

    Shows slots, GPUs, store, Python and user of each. A marker is put on the store for a moment,
    and every node must see it and answer it. No trial is started.

    Exit code: 0 when trials could run on every node, 1 otherwise.
    """
    from controller.views import nodes

    could_run = nodes.show(Home.of_user(), inventory, store, json=json)
    raise typer.Exit(0 if could_run else 1)

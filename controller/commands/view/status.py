"""`heirloom status`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Json, names
from controller.state.home import Home


def status(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One experiment.", autocompletion=names),
    ] = None,
    json: Json = False,
) -> None:
    """List all experiments, or show one in more detail."""
    from controller.views import tables

    home = Home.of_user()
    tables.status([home.find(name)] if name else home.list(), detail=name is not None, json=json)

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
    places = home.list() if name is None else [home.find(name)]
    tables.status(places, detail=name is not None, json=json)

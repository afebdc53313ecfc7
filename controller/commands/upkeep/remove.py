"""`heirloom remove`."""

from __future__ import annotations

import typer

from controller.commands.arguments import Name, Yes
from controller.commands.output import say
from controller.state.home import Home


def remove(
    name: Name,
    yes: Yes = False,
) -> None:
    """Delete an experiment: its journal, its report, and its directory on the store."""
    from rich import filesize

    from controller.engine.upkeep import remove
    from controller.formats import counted

    place = Home.of_user().find(name)
    found = remove.inspect(place)
    say(f"{name}: {counted(found.trials, 'trial')}, {filesize.decimal(found.size)} in {found.root}")
    if not yes:
        typer.confirm("Remove all of it?", abort=True)
    remove.remove(place, found)
    say(f"removed {name}")

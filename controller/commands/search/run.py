"""`heirloom run`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import File, InventoryFile
from controller.state.home import Home


def run(
    file: File,
    inventory: InventoryFile = None,
    name: Annotated[
        str | None, typer.Option(help="The experiment's name, instead of the file's. Must be free.")
    ] = None,
) -> None:
    """Run an experiment until its budget is used up.

    Without --name a name that is taken becomes NAME-2, NAME-3 and so on.

    Ctrl-C asks whether to leave the trials running and resume later, to stop them, or to go on.

    Exit code: 0 when a trial succeeded, 1 when none did or the tuner failed, 2 when the experiment
    could not be started, 130 when it was left or stopped.
    """
    from controller.commands.search import wiring

    raise typer.Exit(wiring.run(file, Home.of_user(), inventory=inventory, name=name))

"""`heirloom run`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import File, InventoryFile, KeepGoing, Slots
from controller.state.home import Home


def run(
    file: File,
    inventory: InventoryFile = None,
    name: Annotated[
        str | None, typer.Option(help="The experiment's name, instead of the file's. Must be free.")
    ] = None,
    keep_going: KeepGoing = False,
    slots: Slots = None,
) -> None:
    """Run an experiment until its budget is used up.

    Where the file has a `model`, a trial on a node makes its search space first.

    Without --name a name that is taken becomes NAME-2, NAME-3 and so on.

    When the first three trials fail alike and none has succeeded, the search is paused, and later
    when twenty in a row do: no trial is started, and those that run go on to their end. On a
    terminal it asks whether to go on; elsewhere it ends, and `resume` goes on.

    Ctrl-C asks whether to leave the trials running and resume later, to stop them, or to go on.

    Exit code: 0 when a trial succeeded, 1 when none did, the tuner failed or the search is paused,
    2 when the experiment could not be started, 130 when it was left or stopped.
    """
    from controller.commands.search import wiring

    home = Home.of_user()
    raise typer.Exit(
        wiring.run(file, home, inventory=inventory, name=name, keep_going=keep_going, slots=slots)
    )

"""`heirloom recover`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import names
from controller.commands.output import say
from controller.formats import command
from controller.state.home import Home


def recover(
    name: Annotated[
        str,
        typer.Argument(
            help="The experiment's name, or its directory on the store.",
            metavar="NAME|PATH",
            autocompletion=names,
        ),
    ],
) -> None:
    """Rebuild a journal that is damaged or lost from what is on the store.

    The damaged journal is kept beside the new one. Go on with `resume`.
    """
    from controller.recovery import recover

    found = recover.recover(name, Home.of_user())
    say(f"recovered {found.trials} trials of {found.place.name}, {found.verdicts} of them ended")
    for lost in found.lost:
        say(f"not to be known: {lost}")
    if found.kept is not None:
        say(f"the damaged journal is kept as {found.kept}")
    say(f"go on with: {command('resume', found.place.name)}")

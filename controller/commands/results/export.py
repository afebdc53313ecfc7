"""`heirloom export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import Name, TrialId
from controller.commands.output import say
from controller.state.home import Home


def export(
    name: Name,
    trial: TrialId,
    directory: Annotated[
        Path,
        typer.Argument(
            help="Where to write it: a directory that does not exist, or is empty.",
            metavar="DIRECTORY",
        ),
    ],
) -> None:
    """Export one trial as a directory that needs neither the store nor this machine.

    It holds the weights, the params, the manifest, the code, the weights of the parents, the
    packages of the trial's Python, and a README with the line that trains it again.
    """
    from controller.results.trial import bundle

    remarks = bundle.export(Home.of_user().find(name), trial, directory)
    say(f"exported trial {trial} of {name} to {directory}")
    for remark in remarks:
        say(f"note: {remark}")

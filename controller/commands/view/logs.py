"""`heirloom logs`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Name, TrialId
from controller.state.home import Home


def logs(
    name: Name,
    trial: TrialId,
    follow: Annotated[
        bool, typer.Option("-f", "--follow", help="Go on printing until the trial ends.")
    ] = False,
    attempt: Annotated[
        int | None, typer.Option(help="Which attempt. Default: the newest.", min=1)
    ] = None,
) -> None:
    """Print what a trial wrote to its standard output and error."""
    from controller.views import logs

    logs.show(Home.of_user().find(name), trial, attempt, follow=follow)

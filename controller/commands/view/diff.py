"""`heirloom diff`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Json, Name
from controller.state.home import Home


def diff(
    name: Name,
    first: Annotated[int, typer.Argument(help="A trial's id.", metavar="TRIAL", min=0)],
    second: Annotated[int, typer.Argument(help="Another trial's id.", metavar="OTHER", min=0)],
    json: Json = False,
) -> None:
    """Compare two trials: relation, value, params that differ, and what each inherited."""
    from controller.views.trials import diff

    diff.diff(Home.of_user().find(name), first, second, json=json)

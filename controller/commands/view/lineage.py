"""`heirloom lineage`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Csv, Json, Name
from controller.errors import HeirloomError
from controller.state.home import Home


def lineage(
    name: Name,
    trial: Annotated[
        int | None,
        typer.Argument(
            help="The trial's id. Default: the best trial.",
            metavar="[TRIAL]",
            min=0,
            show_default=False,
        ),
    ] = None,
    csv: Csv = False,
    json: Json = False,
) -> None:
    """Show from which trials a trial has its weights, the oldest first, with the params of each.

    Of a search with pbt, this is the schedule of the params that led to the best member. The trials
    are those whose weights were really restored, and theirs.
    """
    from controller.views.trials import lineage

    if csv and json:
        raise HeirloomError("--csv and --json exclude each other: give one of them")
    place = Home.of_user().find(name)
    lineage.show(place, trial, "csv" if csv else "json" if json else "table")

"""`heirloom trials`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Csv, Json, Name, States, states
from controller.errors import HeirloomError
from controller.state.home import Home


def trials(
    name: Name,
    *,
    sort: Annotated[
        str,
        typer.Option(
            metavar="COLUMN",
            help="Sort by a column: the best first for value and objectives, else the smallest. "
            "-COLUMN turns the order round. Default: by id.",
            show_default=False,
        ),
    ] = "",
    state: States = None,
    columns: Annotated[
        str,
        typer.Option(
            metavar="COLUMN,…",
            help="Print these columns: params, metrics and values of the result by name, and "
            "those of the table and of --json.",
            show_default=False,
        ),
    ] = "",
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="Print the first N trials.", min=1)
    ] = None,
    csv: Csv = False,
    json: Json = False,
) -> None:
    """List the trials of an experiment.

    With --csv, all columns are printed unless --columns names some. In CSV and JSON, times are
    seconds, points in time are seconds since the epoch, and what a trial does not have is empty
    or null.
    """
    from controller.views.trials import listing

    if csv and json:
        raise HeirloomError("--csv and --json exclude each other: give one of them")
    selection = listing.Selection(
        sort=sort,
        columns=[column.strip() for column in columns.split(",") if column.strip()],
        limit=limit,
        **({} if state is None else {"states": states(state)}),
    )
    listing.show(
        Home.of_user().find(name), selection, "csv" if csv else "json" if json else "table"
    )

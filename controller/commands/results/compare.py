"""`heirloom compare`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Csv, Json, Latex, chosen_form, names
from controller.errors import HeirloomError
from controller.state.home import Home


def compare(
    experiments: Annotated[
        list[str],
        typer.Argument(help="Names of experiments.", metavar="NAME…", autocompletion=names),
    ],
    against: Annotated[
        str | None,
        typer.Option(
            metavar="AXIS",
            help="Only against trials, time, cpu or gpu (CPU and GPU hours).",
            show_default=False,
        ),
    ] = None,
    csv: Csv = False,
    json: Json = False,
    latex: Latex = False,
) -> None:
    """Compare experiments: the best value so far against trials, time, CPU hours and GPU hours.

    Experiments that differ in nothing but their names and seeds are one group: their mean and
    standard deviation are shown. One that repeats a seed is shown by itself. In CSV and JSON there
    is a point for each trial that ended, with the smallest and the largest value too; times are
    seconds. Of several objectives the first one is compared, of trials within all bounds.
    """
    from controller.results.comparison import tables
    from controller.results.comparison.course import AXES

    form = chosen_form(csv=csv, json=json, latex=latex)
    axes = [axis for axis in AXES if against in (None, axis)]
    if not axes:
        raise HeirloomError(f"--against {against}: give {', '.join(AXES)}")
    home = Home.of_user()
    places = [home.find(name) for name in dict.fromkeys(experiments)]
    tables.compare(places, axes, form)

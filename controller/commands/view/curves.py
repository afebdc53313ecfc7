"""`heirloom curves`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Csv, Name, TrialIds
from controller.state.home import Home


def curves(
    name: Name,
    trials: TrialIds = None,
    metric: Annotated[
        str | None, typer.Option(metavar="METRIC", help="The curves of one metric.")
    ] = None,
    csv: Csv = False,
) -> None:
    """Show what trials reported by step: learning curves.

    Of one trial, the values and all its metrics are shown; of several trials, or of all without
    TRIAL, the values. Each picture has a scale of its own. With --csv, every report is printed
    with all its metrics: trial, attempt, step, value and the metrics by name.
    """
    from controller.views.trials import curves

    place = Home.of_user().find(name)
    (curves.print_csv if csv else curves.show)(place, trials or [], metric)

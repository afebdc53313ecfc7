"""`heirloom report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import Name
from controller.commands.output import say
from controller.state.home import Home


def report(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to write the page.")
    ] = None,
    importance: Annotated[
        bool,
        typer.Option("--importance", help="With the importance of params. It needs Optuna."),
    ] = False,
) -> None:
    """Write the experiment's report: one HTML page that needs no network."""
    from controller.views.page import build

    path = build.draw(Home.of_user().find(name), output, with_importance=importance)
    say(f"report: {path}")

"""`heirloom serve`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import names
from controller.commands.output import say
from controller.state.home import Home


def serve(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Show this experiment only.", autocompletion=names),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Listen on this address. 0.0.0.0: on all of this machine's.",
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=65535, help="Default: the first free one from 8642 on."
        ),
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Refuse requests that change something.")
    ] = False,
) -> None:
    """Show all experiments in a browser, live, until Ctrl-C.

    It prints the address, which contains a token: whoever has the address can read the searches,
    and cancel, retry, stop and extend. It follows the journals; no controller has to run, and
    searches do not notice it.
    """
    from controller.views.server import run

    run.serve(Home.of_user(), name, interface=host, port=port, read_only=read_only, say=say)

"""`heirloom check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import InventoryFile, Slots
from controller.errors import HeirloomError
from controller.state.home import Home


def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="The experiment file, or an NNI configuration (YAML).", metavar="FILE"),
    ] = None,
    inventory: InventoryFile = None,
    slots: Slots = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the file's JSON schema, for editors.")
    ] = False,
    samples: Annotated[int, typer.Option(help="How many candidates to sample.", min=0)] = 3,
) -> None:
    """Validate an experiment file, and show what would run.

    Every mistake is named with its line. The tuner proposes a few candidates, as a sample.
    Nothing is started on the nodes, and nothing is written.
    """
    if schema:
        from controller.config import json_schema
        from controller.views import output

        output.print_json(json_schema())
    elif file is None:
        raise HeirloomError("name the experiment file to check, or ask for --schema")
    else:
        from controller.engine import plan
        from controller.views import plan as view

        view.show(plan.make(file, Home.of_user(), inventory, samples, slots))

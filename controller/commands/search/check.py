"""`heirloom check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import InventoryFile, Slots
from controller.errors import HeirloomError
from controller.formats import command
from controller.state.home import Home


def check(
    file: Annotated[
        Path | None,
        typer.Argument(help="The experiment file, or an NNI configuration (YAML).", metavar="FILE"),
    ] = None,
    *,
    inventory: InventoryFile = None,
    slots: Slots = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the file's JSON schema, for editors.")
    ] = False,
    samples: Annotated[int, typer.Option(help="How many candidates to sample.", min=0)] = 3,
    run: Annotated[
        bool, typer.Option("--run", help="Train one candidate, and one child of it, for a moment.")
    ] = False,
    limit: Annotated[
        str | None,
        typer.Option(
            "--for",
            metavar="TIME",
            help="With --run: train each of the two for this time, such as 10m, or to its end. "
            "Default: until it has reported, at most 60s.",
        ),
    ] = None,
    node: Annotated[
        str | None,
        typer.Option(metavar="NODE", help="With --run: where. Default: the first that can."),
    ] = None,
) -> None:
    """Validate an experiment file, and show what would run.

    Every mistake is named with its line. The tuner proposes a few candidates, as a sample. Without
    --run nothing is started on the nodes, and nothing is written, unless the file has a `model`: a
    trial on a node makes its search space, and a table of parameters and MACs.

    With --run the first candidate is trained as in a search, then a child of it, which starts from
    its weights. Each is stopped when it has reported and the weights for the child are written.
    Printed are the time to the first report, memory, the size of the weights, what the child
    inherited, and what a whole search would take. Nothing of it is left: neither an experiment nor
    files on the store.

    Exit code: 0 when the file is valid and no trial failed, 1 when a trial or the tuner failed
    with --run, 2 for mistakes, 130 after Ctrl-C.
    """
    if schema:
        from controller.config import json_schema
        from controller.views import output

        output.print_json(json_schema())
        return
    if file is None:
        example = command("check", "experiment.yml" if Path("experiment.yml").exists() else "FILE")
        raise HeirloomError(f"name the experiment file: `{example}`, or ask for --schema")
    if not run and (limit is not None or node is not None):
        raise HeirloomError("--for and --node are options of --run: give that too")
    from controller.commands.search import tryout
    from controller.engine.setup import plan
    from controller.results import live
    from controller.views import plan as view

    seconds = None if limit is None else tryout.seconds(limit)
    home = Home.of_user()
    made = tryout.space_of(file, home, inventory=inventory, slots=slots)
    found = plan.make(file, home, inventory, samples, slots, made=made)
    live.check(found.config.exporters)
    view.show(found)
    if run:
        raise typer.Exit(
            tryout.run(
                found, file, home, inventory=inventory, slots=slots, node=node, limit=seconds
            )
        )

"""`heirloom gc`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import Name
from controller.commands.output import say
from controller.state.home import Home


def gc(
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be removed, and remove nothing.")
    ] = False,
) -> None:
    """Remove weights that `keep:` does not keep and no trial can read any more.

    What failed attempts of ended trials left is removed too. Manifests and logs stay.
    """
    from controller.engine.upkeep import gc

    say(gc.collect(name, Home.of_user(), dry_run=dry_run))

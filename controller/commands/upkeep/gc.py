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

    What failed attempts of ended trials left is removed too. Manifests and logs stay. So is what a
    `check --run` left that was killed.
    """
    from controller.engine import tryout
    from controller.engine.upkeep import gc

    home = Home.of_user()
    say(gc.collect(name, home, dry_run=dry_run))
    if not dry_run:
        tryout.clean(home, say)

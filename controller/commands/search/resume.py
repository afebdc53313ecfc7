"""`heirloom resume`."""

from __future__ import annotations

from typing import Annotated

import typer

from controller.commands.arguments import InventoryFile, KeepGoing, Name, Slots
from controller.commands.output import say
from controller.state.home import Home
from controller.state.lock import is_locked


def resume(
    name: Name,
    inventory: InventoryFile = None,
    keep_going: KeepGoing = False,
    trials: Annotated[
        str | None,
        typer.Option(
            metavar="[+]N", help="Extend the budget by N trials (+50), or to N trials in all (200)."
        ),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(
            metavar="[+]TIME", help="Extend the budget by a time (+8h), or to a time in all (24h)."
        ),
    ] = None,
    slots: Slots = None,
) -> None:
    """Go on with an experiment that was left, stopped, paused or killed.

    Trials that still run on their nodes are adopted. The search goes on with what remains of its
    budget. Trials that a stop or `cancel` ended use up nothing of it. The --slots of
    before stand unless others are given. Exit codes are those of `run`.

    With --trials or --duration the budget is extended: a search that has finished goes on with the
    state of its tuner. If a controller runs the experiment now, it is asked to extend the budget,
    and the command ends. Weights that `keep` removed when the search finished do not come back: a
    trial whose parent has lost them starts from the nearest ancestor that has weights.
    """
    from controller.commands.search import wiring
    from controller.engine.continuation import extension

    home = Home.of_user()
    asked = extension.Extension.of(trials, duration)
    place = home.find(name)
    if asked is not None and is_locked(place):
        say(extension.send(place, asked))
        return
    code = wiring.resume(
        name, home, inventory=inventory, keep_going=keep_going, extension=asked, slots=slots
    )
    raise typer.Exit(code)

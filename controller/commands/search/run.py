"""`heirloom run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import InventoryFile, KeepGoing, Slots, names
from controller.state.home import Home


def run(
    file: Annotated[
        Path | None,
        typer.Argument(help="The experiment file, or an NNI configuration (YAML).", metavar="FILE"),
    ] = None,
    *,
    inventory: InventoryFile = None,
    name: Annotated[
        str | None, typer.Option(help="The experiment's name, instead of the file's. Must be free.")
    ] = None,
    keep_going: KeepGoing = False,
    slots: Slots = None,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="The seed of tuner and trials, instead of the file's.",
            show_default=False,
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            autocompletion=names,
            help="Instead of FILE: run the file, the seed and the code of this experiment again.",
        ),
    ] = None,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay",
            help="With --like: repeat its proposals with their parents, in place of its tuner.",
        ),
    ] = False,
) -> None:
    """Run an experiment until its budget is used up.

    Where the file has a `model`, a trial on a node makes its search space first.

    --like NAME runs an earlier experiment again: the file as it was then, with the seed that was
    drawn, and the snapshot of the code. With one slot and `lookahead: 0`, trials that give the same
    results lead to the same proposals. With more slots, proposals depend on which trial ends first.
    --replay repeats them as they are in the journal of NAME: the same trials with the same parents.

    To repeat a search, run the file with another --seed: `compare` shows mean and spread.

    Without --name a name that is taken becomes NAME-2, NAME-3 and so on.

    When the first three trials fail alike and none has succeeded, the search is paused, and later
    when twenty in a row do: no trial is started, and those that run go on to their end. On a
    terminal it asks whether to go on; elsewhere it ends, and `resume` goes on.

    Ctrl-C asks whether to leave the trials running and resume later, to stop them, or to go on.

    Exit code: 0 when a trial succeeded, 1 when none did, the tuner failed or the search is paused,
    2 when the experiment could not be started, 130 when it was left or stopped.
    """
    if (file is None) == (like is None):
        raise typer.BadParameter("give either FILE or --like NAME", param_hint="FILE")
    if replay and like is None:
        raise typer.BadParameter("needs --like NAME", param_hint="--replay")
    from controller.commands.search import wiring

    home = Home.of_user()
    if file is not None:
        status = wiring.run(
            file,
            home,
            inventory=inventory,
            name=name,
            keep_going=keep_going,
            slots=slots,
            seed=seed,
        )
    else:
        assert like is not None
        status = wiring.run_like(
            like,
            home,
            replay=replay,
            inventory=inventory,
            name=name,
            keep_going=keep_going,
            slots=slots,
            seed=seed,
        )
    raise typer.Exit(status)

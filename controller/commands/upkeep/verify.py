"""`heirloom verify`."""

from __future__ import annotations

import typer

from controller.commands.arguments import Name
from controller.commands.output import say
from controller.state.home import Home

_MADE_AGAIN = "journal: the events are right, and the rest was made again from them"
_NOT_MADE_AGAIN = (
    "journal: the events are right; the rest was not made again, since a controller runs the "
    "experiment: verify again when it has ended"
)


def verify(name: Name) -> None:
    """Read all committed weights, and compare them with their digests.

    The tables from which commands read, and the tuner's state, are compared with the events of the
    journal. Where they differ, they are made again from the events, unless a controller runs the
    experiment.

    A search may run meanwhile. Exit code: 0 when all weights are as committed, 1 otherwise.
    """
    from rich import filesize
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from controller.engine.upkeep import tables, verify
    from controller.formats import counted

    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    hidden = not console.is_terminal
    place = Home.of_user().find(name)
    compared = tables.compare(place)
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("")
        found = verify.verify(
            place,
            lambda read, total: bar.update(task, completed=read, total=total),
        )
    for line in compared.differences:
        say(f"journal: {line}")
    if compared.differences:
        say(_MADE_AGAIN if compared.is_made_again else _NOT_MADE_AGAIN)
    for trial, lines in found.damaged.items():
        for line in lines:
            say(f"trial {trial}: {line}")
    read = f"{counted(found.trials, 'trial')} with {filesize.decimal(found.size)} of weights"
    if found.damaged:
        say(f"{read}: {len(found.damaged)} of them damaged")
        raise typer.Exit(1)
    say(f"{read}: all as committed")

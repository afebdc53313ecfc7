"""`heirloom verify`."""

from __future__ import annotations

import typer

from controller.commands.arguments import Name
from controller.commands.output import say
from controller.state.home import Home


def verify(name: Name) -> None:
    """Read all committed weights, and compare them with their digests.

    A search may run meanwhile. Exit code: 0 when all weights are as committed, 1 otherwise.
    """
    from rich import filesize
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from controller.engine.upkeep import verify
    from controller.formats import counted

    console = Console(stderr=True)
    columns = (TextColumn("reading"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("")
        found = verify.verify(
            Home.of_user().find(name),
            lambda read, total: bar.update(task, completed=read, total=total),
        )
    for trial, lines in found.damaged.items():
        for line in lines:
            say(f"trial {trial}: {line}")
    read = f"{counted(found.trials, 'trial')} with {filesize.decimal(found.size)} of weights"
    if found.damaged:
        say(f"{read}: {len(found.damaged)} of them damaged")
        raise typer.Exit(1)
    say(f"{read}: all as committed")

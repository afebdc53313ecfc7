"""`heirloom export`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from controller.commands.arguments import Name
from controller.commands.output import say
from controller.errors import HeirloomError
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home


def _tools(incomplete: str) -> Iterator[str]:
    from controller.results.tools import registry

    yield from (name for name in registry.names() if name.startswith(incomplete))


def export(
    name: Name,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            help="A trial's id, and a directory that does not exist or is empty; with --to where "
            "to write.",
            metavar="TRIAL DIRECTORY | [PATH]",
            show_default=False,
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="TOOL",
            help="Export all trials: csv, jsonl, parquet, tensorboard, mlflow or optuna.",
            autocompletion=_tools,
        ),
    ] = None,
) -> None:
    """Export one trial as a directory that trains it again, or all trials into another tool.

    The directory holds the weights, the params, the manifest, the code, the weights of the parents,
    the packages of the trial's Python, and a README. It needs neither the store nor this machine.

    With --to, csv and jsonl are printed where no PATH is given, and parquet is written to
    NAME.parquet. TensorBoard's directory is runs by default. mlflow takes a tracking URI or
    the path of a database, by default mlflow.db, optuna a storage, by default sqlite:///optuna.db.
    Nothing is written twice, and trials that have not ended are left for the next time. The table
    of csv and parquet, and jsonl, have every trial.
    """
    place = Home.of_user().find(name)
    given = words or []
    if to is None:
        _one_trial(place, given)
        return
    from controller.results.tools.export import export as into

    if len(given) > 1:
        raise HeirloomError(f"--to {to} takes one PATH, not {len(given)}: {' '.join(given)}")
    if done := into(place, to, given[0] if given else None):
        say(done)


def _one_trial(place: ExperimentDir, given: list[str]) -> None:
    from controller.results.trial import bundle

    if len(given) != 2 or not given[0].isdecimal():
        raise HeirloomError("give the id of a trial and a directory, or --to and a tool")
    number, directory = int(given[0]), given[1]
    remarks = bundle.export(place, number, Path(directory))
    say(f"exported trial {number} of {place.name} to {directory}")
    for remark in remarks:
        say(f"note: {remark}")

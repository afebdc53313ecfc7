"""`heirloom rerun`."""

from __future__ import annotations

import contextlib
import sys
from typing import Annotated, Any

import typer

from controller.commands.arguments import (
    Csv,
    InventoryFile,
    Latex,
    Name,
    Slots,
    TrialId,
    chosen_form,
)
from controller.core.model import State
from controller.errors import HeirloomError
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home


def rerun(
    name: Name,
    trial: TrialId,
    *,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Without inherited weights. It must be given.")
    ] = False,
    seeds: Annotated[int, typer.Option(metavar="N", min=1, help="How many trials.")] = 5,
    new_name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="The new experiment's name. Default: NAME-rerun-TRIAL.",
            show_default=False,
        ),
    ] = None,
    inventory: InventoryFile = None,
    slots: Slots = None,
    csv: Csv = False,
    latex: Latex = False,
) -> None:
    """Train the candidate of a trial from nothing with several seeds, and print both results.

    A new experiment trains it: the same code, command and params, without parents and without an
    assessor. A trial that was trained in parts is trained as a whole. The table has the result of
    the trial, and mean, standard deviation and range of the new ones.

    Given again, the command goes on with an experiment that was left, or prints the table of one
    that has ended. With --csv and --latex the progress goes to standard error. Exit codes are those
    of `run`.
    """
    from controller.results import rerun as view

    form = chosen_form(csv=csv, latex=latex)
    if not from_scratch:
        raise HeirloomError("give --from-scratch: the candidate is trained without its parents")
    home = Home.of_user()
    place = home.find(name)
    aside = contextlib.redirect_stdout(sys.stderr) if form != "text" else contextlib.nullcontext()
    with aside:
        again, code = _train(
            place, trial, home, seeds=seeds, name=new_name, inventory=inventory, slots=slots
        )
    view.show(place, trial, again, form)
    raise typer.Exit(code)


def _train(
    place: ExperimentDir,
    number: int,
    home: Home,
    *,
    seeds: int,
    name: str | None,
    **how: Any,
) -> tuple[ExperimentDir, int]:
    """Run the new experiment, go on with it, or find it complete. Returns it and the exit code.

    `how` are the arguments that `run` and `resume` share. Raises HeirloomError.
    """
    from controller.commands.search import wiring
    from controller.engine.continuation import rerun as reruns
    from controller.state import record as records

    record = records.load(place)
    trial = record.trial(number)
    found = reruns.rerun(record, trial, home, seeds)
    name = reruns.name_of(record, trial) if name is None else name
    again = ExperimentDir(home.experiments / name)
    if not again.is_complete:
        return again, wiring.run_original(found, home, name=name, **how)
    existing = records.load(again)
    if existing.config.tuner != found.config.tuner:
        raise HeirloomError(
            f"there is an experiment {name}, which is another one: choose another --name"
        )
    if existing.state in ("interrupted", "paused", "running", "stopped"):
        return again, wiring.resume(name, home, **how)
    return again, 0 if existing.experiment.counts[State.SUCCEEDED] else 1

"""Arguments and options that several commands share, and the completion of experiments' names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer

from controller.core.model import State
from controller.errors import HeirloomError
from controller.state.home import Home


def names(incomplete: str) -> Iterator[str]:
    """The experiments whose names begin with `incomplete`, for the shell's completion."""
    try:
        places = Home.of_user().list()
    except HeirloomError:  # completion prints no errors
        return
    yield from (place.name for place in places if place.name.startswith(incomplete))


def state_names(incomplete: str) -> Iterator[str]:
    """The states of trials, for the shell's completion. The last of a list is completed."""
    before, comma, last = incomplete.rpartition(",")
    yield from (f"{before}{comma}{state}" for state in State if state.startswith(last))


def states(listed: str) -> frozenset[State]:
    """The states of a list such as `failed,stopped`. Raises HeirloomError."""
    names = [name.strip() for name in listed.split(",") if name.strip()]
    unknown = [name for name in names if name not in list(State)]
    if unknown or not names:
        known = ", ".join(State)
        raise HeirloomError(f"--state: {unknown[0] if unknown else ''!r} is no state: use {known}")
    return frozenset(map(State, names))


def chosen_form(*, csv: bool, latex: bool, json: bool = False) -> Form:
    """The form in which tables for papers are printed. Raises HeirloomError for two of them."""
    forms: list[Form] = []
    forms += ["csv"] if csv else []
    forms += ["json"] if json else []
    forms += ["latex"] if latex else []
    if len(forms) > 1:
        raise HeirloomError(f"--{' and --'.join(forms)} exclude each other: give one of them")
    return forms[0] if forms else "text"


File = Annotated[
    Path,
    typer.Argument(help="The experiment file, or an NNI configuration (YAML).", metavar="FILE"),
]
Name = Annotated[
    str, typer.Argument(help="The experiment's name.", metavar="NAME", autocompletion=names)
]
TrialIds = Annotated[
    list[int] | None, typer.Argument(help="Ids of trials.", metavar="[TRIAL…]", min=0)
]
TrialId = Annotated[int, typer.Argument(help="The trial's id.", metavar="TRIAL", min=0)]
InventoryFile = Annotated[
    Path | None,
    typer.Option(
        "-i",
        "--inventory",
        metavar="INVENTORY",
        help="Ansible inventory. The hosts of its group trial_nodes run the trials. "
        "Default: the experiment file's inventory, else this machine alone.",
    ),
]
Slots = Annotated[
    int | None,
    typer.Option(
        "--slots",
        min=1,
        metavar="N",
        help="How many slots this machine has for trials. Only without an inventory.",
    ),
]
KeepGoing = Annotated[
    bool,
    typer.Option("--keep-going", help="Do not pause when many trials fail in the same way."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
States = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="STATE,…",
        help="Trials in these states: waiting, ready, armed, running, succeeded, failed, stopped, "
        "skipped, cancelled.",
        autocompletion=state_names,
    ),
]
Csv = Annotated[bool, typer.Option("--csv", help="Print CSV instead of a table.")]
Latex = Annotated[bool, typer.Option("--latex", help="Print a table in LaTeX.")]
Form = Literal["text", "csv", "json", "latex"]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

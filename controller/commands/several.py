"""Cancel or retry several trials: what both commands do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

import typer

from controller.commands.arguments import states
from controller.commands.output import say
from controller.formats import counted
from controller.state import record
from controller.state.experiment_dir import ExperimentDir
from controller.views import output

_MANY = 10  # trials; a person is asked before a request for more


def request(
    place: ExperimentDir,
    action: Literal["cancel", "retry"],
    trials: Sequence[int],
    state: str | None,
    *,
    yes: bool,
) -> None:
    """Request an action for trials that are named, or for those in some states.

    On a terminal a person is asked before a request for many, unless `yes`. Raises HeirloomError,
    and Abort if the answer is no.
    """
    from controller.engine import requests

    chosen = requests.choose(
        record.load(place), action, trials, None if state is None else states(state)
    )
    for line in chosen.left_out:
        say(line)
    if not chosen.trials:
        say(f"{place.name} has no trial to {action} in these states: {state}")
        return
    many = len(chosen.trials) > _MANY
    if many and not yes and sys.stdin.isatty() and output.is_terminal():
        typer.confirm(
            f"{action} {counted(len(chosen.trials), 'trial')} of {place.name}?", abort=True
        )
    say(requests.ask(place, chosen.trials, action))

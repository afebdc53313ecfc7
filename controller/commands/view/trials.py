"""`heirloom trials`."""

from __future__ import annotations

from controller.commands.arguments import Json, Name
from controller.state.home import Home


def trials(name: Name, json: Json = False) -> None:
    """List the trials of an experiment.

    In JSON, times are seconds since the epoch, and null where a trial has not come so far.
    """
    from controller.views import tables

    tables.trials(Home.of_user().find(name), json=json)

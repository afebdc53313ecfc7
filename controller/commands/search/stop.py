"""`heirloom stop`."""

from __future__ import annotations

import typer

from controller.commands.arguments import Name
from controller.commands.output import say
from controller.state.home import Home
from controller.state.lock import is_locked


def stop(name: Name) -> None:
    """Stop an experiment: end the trials on nodes, and start no more."""
    place = Home.of_user().find(name)
    if is_locked(place):
        from controller.engine import requests

        say(requests.stop(place))
        return
    from controller.commands.search import wiring

    raise typer.Exit(wiring.stop(name, Home.of_user()))

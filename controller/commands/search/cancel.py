"""`heirloom cancel`."""

from __future__ import annotations

from controller.commands.arguments import Name, TrialId
from controller.commands.output import say
from controller.state.home import Home


def cancel(name: Name, trial: TrialId) -> None:
    """Cancel one trial. If it is on a node, it is ended there."""
    from controller.engine import requests

    say(requests.ask(Home.of_user().find(name), trial, "cancel"))

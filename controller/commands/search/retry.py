"""`heirloom retry`."""

from __future__ import annotations

from controller.commands.arguments import Name, TrialId
from controller.commands.output import say
from controller.state.home import Home


def retry(name: Name, trial: TrialId) -> None:
    """Run a trial that has ended again, as a new trial with the same params and parents."""
    from controller.engine import requests

    say(requests.ask(Home.of_user().find(name), trial, "retry"))

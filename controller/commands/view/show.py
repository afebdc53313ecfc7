"""`heirloom show`."""

from __future__ import annotations

from controller.commands.arguments import Json, Name, TrialId
from controller.state.home import Home


def show(name: Name, trial: TrialId, json: Json = False) -> None:
    """Show one trial: params, parents, attempts, what it used, and the reason for its state."""
    from controller.views.trials import show

    show.show(Home.of_user().find(name), trial, json=json)

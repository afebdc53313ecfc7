"""`heirloom show`."""

from __future__ import annotations

from controller.commands.arguments import Name, TrialId
from controller.state.home import Home


def show(name: Name, trial: TrialId) -> None:
    """Show one trial: params, parents, attempts, and the reason for its state."""
    from controller.views import tables

    tables.show(Home.of_user().find(name), trial)

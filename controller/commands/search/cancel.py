"""`heirloom cancel`."""

from __future__ import annotations

from controller.commands.arguments import Name, States, TrialIds, Yes
from controller.commands.several import request
from controller.state.home import Home


def cancel(name: Name, trials: TrialIds = None, state: States = None, yes: Yes = False) -> None:
    """Cancel trials: those named, or with --state all in some states.

    A trial that is on a node is ended there. On a terminal it asks before it cancels many.
    """
    request(Home.of_user().find(name), "cancel", trials or [], state, yes=yes)

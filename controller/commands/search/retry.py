"""`heirloom retry`."""

from __future__ import annotations

from controller.commands.arguments import Name, States, TrialIds, Yes
from controller.commands.several import request
from controller.state.home import Home


def retry(name: Name, trials: TrialIds = None, state: States = None, yes: Yes = False) -> None:
    """Run trials that have ended again, each as a new trial with the same params and parents.

    They are those named, or with --state all in some states, such as failed. A trial that was
    retried before is then left out: its retry stands for it. On a terminal it asks before it
    retries many.
    """
    request(Home.of_user().find(name), "retry", trials or [], state, yes=yes)

"""How a larger budget, or one with room again, continues a search that had ended."""

from __future__ import annotations

from controller.core import events as e
from controller.core.budget import Budget
from controller.core.state import ExperimentState


def extended(x: ExperimentState, event: e.BudgetExtended) -> None:
    """Take the new limits, and have the tuner asked again, even if it had ended the search.

    A request that is received twice counts once. A tuner that failed is asked after a resume only.
    """
    if event.request:
        if event.request in x.extensions:
            return
        x.extensions.add(event.request)
    x.budget = Budget(event.trials, event.duration)
    over = x.search.over
    if over is not None and not over.error and x.stopping is None:
        x.search.reopen()
    x.conclusion.reset()


def reopen_if_room(x: ExperimentState, at: float) -> None:
    """Continue a search that had used up its budget and has room again: a trial was cancelled."""
    over = x.search.over
    has_ended = x.stopping is not None or x.closed is not None
    if over is not None and over.exhausted and not has_ended and x.used_up(at) is None:
        x.search.reopen()
        x.conclusion.reset()

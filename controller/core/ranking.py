"""Which trials are the best: by feasibility, rank, crowding and id (heirloom.objective)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from controller.core.model import Rules, State, Trial
from heirloom.objective import Objectives, Standing, ranked


def standing_of(trial: Trial, objectives: Objectives) -> Standing | None:
    """What the order of a trial depends on. None if it reported no value of an objective."""
    return objectives.standing(objectives.values(trial.value, trial.values))


def best_trials(trials: Iterable[Trial], rules: Rules, count: int) -> list[int]:
    """The `count` best of the committed trials whose weights a trial can start from, best first.

    Trials without such weights count for rank and crowding, so that a removal changes no order.
    """
    committed = {trial.id: trial for trial in trials if trial.state is State.SUCCEEDED}
    standings = {
        number: standing
        for number, trial in committed.items()
        if (standing := standing_of(trial, rules.objectives)) is not None
    }
    without = sum(not committed[number].inheritable for number in standings)
    ordered = ranked(standings, count + without)
    return list(islice((number for number in ordered if committed[number].inheritable), count))

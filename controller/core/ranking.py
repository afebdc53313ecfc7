"""Which trials are the best: by feasibility, rank, crowding and id (heirloom.objective)."""

from __future__ import annotations

from collections.abc import Iterable

from controller.core.model import Rules, State, Trial
from heirloom.objective import Objectives, Standing, ranked


def standing_of(trial: Trial, objectives: Objectives) -> Standing | None:
    """What the order of a trial depends on.

    None if it is no candidate, or reported no value of an objective.
    """
    if not trial.candidate:
        return None
    return objectives.standing(objectives.values(trial.value, trial.values))


def best_trials(trials: Iterable[Trial], rules: Rules, count: int) -> list[int]:
    """The `count` best of the committed candidates whose weights a trial can start from.

    The best comes first.
    Trials without such weights count for rank and crowding, so that a removal changes no order.
    """
    committed = [each for each in trials if each.state is State.SUCCEEDED and each.candidate]
    if rules.objectives.is_single:
        known = (trial for trial in committed if trial.inheritable and trial.value is not None)
        ordered = rules.objectives.first.ranked(known, lambda trial: trial.value or 0.0)
        return [trial.id for trial in ordered[:count]]
    able = {trial.id for trial in committed if trial.inheritable}
    standings = {
        trial.id: standing
        for trial in committed
        if (standing := standing_of(trial, rules.objectives)) is not None
    }
    wanted = max(1, count)
    while True:
        wanted *= 4  # few of the best have no weights
        found = [number for number in ranked(standings, wanted) if number in able]
        if len(found) >= count or wanted >= len(standings):
            return found[:count]

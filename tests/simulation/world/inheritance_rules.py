"""Checks whose weights the core chose where the tuner named no parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from controller.core import events as e
from controller.core.model import Inherit, State, Trial

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

_ROUNDED = 1e-9


class InheritanceRules:
    """Checks the parents of each attempt when its placement is journaled."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._chosen: dict[int, tuple[int, ...]] = {}  # by the latest attempt of each trial
        self._standing: set[int] = set()  # committed trials whose weights stand

    def journaled(self, event: e.Event) -> None:
        """Take an event that was journaled. Check a placement against the events before it."""
        match event:
            case e.Imported() | e.VerdictSeen(state=State.SUCCEEDED, weights=True):
                self._standing.add(event.trial)
            case e.RemovalAsked():
                self._standing.difference_update(event.trials)
            case e.Placed():
                self._placed(event)

    def _placed(self, event: e.Placed) -> None:
        rules, name = self._lab.config.rules(), f"{event.trial}.{event.number}"
        trials = self._trials()
        trial = trials[event.trial]
        self._hold(all(parent < event.trial for parent in event.restore), f"{name} has a later one")
        if rules.inherit is Inherit.NONE:
            self._hold(not event.restore, f"{name} starts from {event.restore}")
        if rules.inherit is not Inherit.NEAREST or trial.parents:
            self._hold(event.distance is None, f"{name} has a distance")
            return
        self._hold((event.distance is None) == (not event.restore), f"{name} has no distance")
        there = self._standing.issuperset(event.restore)
        self._hold(there, f"{name} starts from {event.restore}, and {self._standing} stand")
        retried = trial.retry_of if event.number == 1 else None
        before = self._chosen.get(trial.id if retried is None else retried)
        self._chosen[event.trial] = event.restore
        damaged = self._lab.rules.corrupted
        if before is not None and not set(before) - (self._standing - damaged):
            self._hold(event.restore == before, f"{name} starts from others than {before}")
            return
        if damaged & self._standing or trial.retry_of is not None:
            return  # which of them the core knows as damaged is not journaled as such
        near = {
            parent: _distance(trials[parent].params, trial.params)
            for parent in self._standing
            if parent < event.trial
        }
        least = min(near.values(), default=1.0)
        if least > rules.inherit_limit + _ROUNDED:
            self._hold(not event.restore, f"{name} starts from a trial beyond the limit")
        elif least < rules.inherit_limit - _ROUNDED:
            chosen = near.get(event.restore[0]) if event.restore else None
            is_nearest = chosen is not None and chosen <= least + _ROUNDED
            self._hold(is_nearest, f"{name} starts from {event.restore}, but {near} stand")

    def _trials(self) -> Sequence[Trial]:
        """The trials that the controller has accepted. What each starts from is not read there."""
        loop = self._lab.control.loop
        assert loop is not None
        return loop.experiment.trials

    def _hold(self, holds: bool, message: str) -> None:
        self._lab.rules.hold(6, holds, message)


def _distance(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """The mean over the params: x is a number from 0 to 1, and the others are equal or not."""
    apart = [abs(one["x"] - other["x"])]
    names = (one.keys() | other.keys()) - {"x"}
    apart += [one.get(name) != other.get(name) for name in names]
    return sum(apart) / len(apart)

"""Checks whose weights the core chose where the tuner named no parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from controller.core import events as e
from controller.core.model import Inherit, State

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab

_ROUNDED = 1e-9


class InheritanceRules:
    """Checks the parents of each attempt when its placement is journaled."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._params: dict[int, Mapping[str, Any]] = {}
        self._named: dict[int, Sequence[int]] = {}
        self._chosen: dict[int, tuple[int, ...]] = {}  # by the latest attempt of each trial
        self._standing: set[int] = set()  # committed trials whose weights stand
        self._retries: dict[int, int] = {}
        self._candidates: Sequence[Mapping[str, Any]] = ()  # params of the imported trials
        self._is_over = False  # whether a proposal of the search would be late

    def journaled(self, event: e.Event) -> None:
        """Take an event that was journaled. Check a placement against the events before it."""
        match event:
            case e.SearchEnded() | e.StopAsked() | e.ConclusionAsked():
                self._is_over = True
            case e.Opened() | e.ProposalAsked():
                self._is_over = False
            case e.Proposed():
                self._proposed(event)
            case e.ImportAsked():
                self._candidates = event.candidates
            case e.Imported():
                self._params[event.trial] = self._candidates[event.trial]
                self._named[event.trial] = ()
                self._standing.add(event.trial)
            case e.VerdictSeen(state=State.SUCCEEDED, weights=True):
                self._standing.add(event.trial)
            case e.RemovalAsked():
                self._standing.difference_update(event.trials)
            case e.Placed():
                self._placed(event)

    def _proposed(self, event: e.Proposed) -> None:
        late = self._is_over and event.retry_of is None and not event.concludes
        if late or event.trial != len(self._params):
            return
        self._params[event.trial] = event.params
        self._named[event.trial] = event.parents
        if event.retry_of is not None:
            self._retries[event.trial] = event.retry_of

    def _placed(self, event: e.Placed) -> None:
        rules, name = self._lab.config.rules(), f"{event.trial}.{event.number}"
        self._hold(all(parent < event.trial for parent in event.restore), f"{name} has a later one")
        if rules.inherit is Inherit.NONE:
            self._hold(not event.restore, f"{name} starts from {event.restore}")
        if rules.inherit is not Inherit.NEAREST or self._named[event.trial]:
            self._hold(event.distance is None, f"{name} has a distance")
            return
        self._hold((event.distance is None) == (not event.restore), f"{name} has no distance")
        before = self._chosen.get(self._repeated(event))
        self._chosen[event.trial] = event.restore
        damaged = self._lab.rules.corrupted
        if before is not None and not set(before) - (self._standing - damaged):
            self._hold(event.restore == before, f"{name} starts from others than {before}")
            return
        if damaged & self._standing or event.trial in self._retries:
            return  # which of them the core knows as damaged is not journaled as such
        near = {
            parent: abs(self._params[parent]["x"] - self._params[event.trial]["x"]) / 2
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

    def _repeated(self, event: e.Placed) -> int:
        """The trial whose earlier attempt this one repeats."""
        return self._retries.get(event.trial, event.trial) if event.number == 1 else event.trial

    def _hold(self, holds: bool, message: str) -> None:
        self._lab.rules.hold(6, holds, message)

"""Bugs planted in tuners and in what a resumed one gets, for `planted.py`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

from controller.engine.continuation.calls import Questions
from controller.state.journal import Journal
from controller.state.reading.tuner_state import TunerState
from controller.tuners.results import result_of
from heirloom.objective import Standing
from heirloom.tuners import Proposal, Result, evolution
from heirloom.tuners.evolution import Evolution
from heirloom.tuners.methods.asha import Asha
from heirloom.tuners.methods.darts.tuner import Darts
from heirloom.tuners.methods.population import Member
from heirloom.tuners.methods.resource import Resource

Plant = AbstractContextManager[object]


def _failures_are_not_observed_again() -> Plant:
    """A resumed tuner does not observe the trials that failed."""

    def careless(trial: Any, objectives: Any) -> dict[str, Any]:
        found = result_of(trial, objectives)
        return found if found["state"] == "succeeded" else {**found, "trial_id": -1}

    return mock.patch("controller.engine.continuation.calls.result_of", careless)


def _a_loaded_tuner_has_another_generator() -> Plant:
    """The random generator is not part of what a tuner loads."""
    return mock.patch.object(evolution, "load_generator")


def _candidates_are_promoted_again() -> Plant:
    """asha promotes the best candidate of a rung although it was promoted before."""
    real = Asha._promotable

    def careless(self: Asha, rung: Any) -> Any:
        return real(self, dataclasses.replace(rung, promoted=set()))

    return mock.patch.object(Asha, "_promotable", careless)


def _failed_trials_become_parents() -> Plant:
    """A trial that failed joins the population of evolution."""
    observe = Evolution.observe

    def careless(self: Evolution, result: Result) -> None:
        observe(self, result)
        if result.state == "failed":
            standing = Standing(0.0, tuple(1.0 for _ in self._objectives.objectives))
            member = Member(result.trial_id, dict(result.params), standing, True)
            self._population.add(member)

    return mock.patch.object(Evolution, "observe", careless)


def _a_promoted_candidate_begins_anew() -> Plant:
    """A candidate that goes on from its weights trains what they were trained."""
    real = Resource.proposal

    def careless(self: Resource, *args: Any) -> Proposal:
        found = real(self, *args)
        return Proposal({**found.params, self.start: 0}, found.parents)

    return mock.patch.object(Resource, "proposal", careless)


def _a_chain_begins_anew() -> Plant:
    """A generation starts from nothing instead of from the one before."""
    real = Darts.propose

    def careless(self: Darts, trial_id: int) -> Proposal | None:
        found = real(self, trial_id)
        return None if found is None else dataclasses.replace(found, parents=())

    return mock.patch.object(Darts, "propose", careless)


def _a_chain_goes_on_from_lost_weights() -> Plant:
    """darts keeps a generation whose weights are damaged."""
    return mock.patch("heirloom.tuners.methods.darts.tuner.lost_parents", return_value=False)


def _a_state_contains_an_unanswered_call() -> Plant:
    """The tuner's state is requested while the tuner is asked for a proposal."""
    return mock.patch.object(Questions, "are_answered", True)


def _a_state_is_dated_too_late() -> Plant:
    """The tuner's state is kept as one that contains calls which came after it."""
    keep = Journal.keep_tuner_state

    def careless(self: Journal, state: TunerState) -> None:
        keep(self, state._replace(seq=self.last))

    return mock.patch.object(Journal, "keep_tuner_state", careless)


# By name, the tuner in whose runs a bug shows, and the bug.
PLANTED_IN_TUNERS: dict[str, tuple[str, Callable[[], Plant]]] = {
    "failures are not observed again": ("pbt", _failures_are_not_observed_again),
    "a loaded tuner has another generator": ("evolution", _a_loaded_tuner_has_another_generator),
    "a state contains an unanswered call": ("random", _a_state_contains_an_unanswered_call),
    "a state is dated too late": ("evolution", _a_state_is_dated_too_late),
    "candidates are promoted again": ("asha", _candidates_are_promoted_again),
    "failed trials become parents": ("evolution", _failed_trials_become_parents),
    "a chain begins anew": ("darts", _a_chain_begins_anew),
    "a chain goes on from lost weights": ("darts", _a_chain_goes_on_from_lost_weights),
    "a promoted candidate begins anew": ("hyperband", _a_promoted_candidate_begins_anew),
}

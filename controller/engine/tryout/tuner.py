"""The tuner of a try-out: the experiment's own for the first candidate, then one child of it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.engine.loop import Tuner
from controller.tuners.calls import no_state
from controller.tuners.long_calls import LongCall
from heirloom.space import Space, SpaceError, contains, mutate, parse
from heirloom.tuners.process.protocol import SavedState

Post = Callable[[Sequence[e.Event]], None]
CANDIDATE, CHILD = 0, 1  # the trials of a try-out


class TryoutTuner:
    """Passes calls on to the experiment's tuner, and proposes the child itself.

    The child is a mutation of the candidate. Where the candidate is no point of the search space,
    as with a tuner that has types of its own, it has the params that the tuner proposes next, and
    without such the candidate's.

    Args:
        start: starts the experiment's tuner, which posts its events to the callback given.
        post: takes the events of both.
        experiment: the experiment, read in the loop's thread.
        space: the search space.
    """

    def __init__(
        self,
        start: Callable[[Post], Tuner],
        post: Post,
        experiment: Experiment,
        space: Mapping[str, Any],
        seed: int,
    ) -> None:
        self._post = post
        self._experiment = experiment
        self._space = _parsed(space)
        self._asks_for_child = False
        self._random = random.Random(seed)  # noqa: S311 - a sample
        self._tuner = start(self._forward)

    @property
    def long_calls(self) -> Sequence[LongCall]:
        """Those of the experiment's tuner."""
        return self._tuner.long_calls

    @property
    def unassessed(self) -> int:
        """Reports that the experiment's assessor has not answered."""
        return self._tuner.unassessed

    def propose(self, trial: int, room: int = 1) -> None:
        """Request the candidate from the tuner, or propose the child."""
        candidate = self._experiment.trial(CANDIDATE)
        if trial == CANDIDATE or candidate is None:
            self._tuner.propose(trial, 1)
        elif not (candidate.inheritable and candidate.size):
            self._post([e.SearchEnded(at=time.time(), reason="there is nothing to inherit")])
        elif self._space is not None and contains(self._space, candidate.params):
            self._propose_child(mutate(self._space, candidate.params, self._random))
        else:
            self._asks_for_child = True
            self._tuner.propose(trial, 1)

    def under_way(self, count: int) -> None:
        """Pass on the number of trials without a verdict."""
        self._tuner.under_way(count)

    def observe(self, result: Mapping[str, Any]) -> None:
        """Pass on a trial's end."""
        self._tuner.observe(result)

    def conclude(self) -> None:
        """A try-out has no last trials."""

    def report(self, trial: int, number: int, reports: Sequence[tuple[int, Any]]) -> None:
        """Pass reports on to the assessor."""
        self._tuner.report(trial, number, reports)

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """Tell the assessor that an attempt continues an earlier one."""
        self._tuner.continued(trial, number, source, step)

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Pass on the question."""
        return self._tuner.may_be_parent(trials)

    def state(self) -> Future[SavedState]:
        """A try-out is not resumed."""
        return no_state()

    def close(self, timeout: float) -> None:
        """End the tuner's process."""
        self._tuner.close(timeout)

    def _propose_child(self, params: dict[str, Any]) -> None:
        self._post([e.Proposed(at=time.time(), trial=CHILD, params=params, parents=(CANDIDATE,))])

    def _forward(self, events: Sequence[e.Event]) -> None:
        """Post the tuner's events. Whatever it answers about the child, the child is proposed."""
        changed = [self._changed(event) for event in events]
        self._post([event for event in changed if event is not None])

    def _changed(self, event: e.Event) -> e.Event | None:
        match event:
            case e.Proposed(trial=trial) if trial == CHILD:
                return replace(event, parents=(CANDIDATE,))
            case e.SearchEnded(error=False) if not self._asks_for_child:
                return event if not self._experiment.trials else None
            case e.ProposalWithheld(trial=trial) if trial == CHILD:
                pass
            case e.SearchEnded(error=False):
                pass
            case _:
                return event
        params = dict(self._experiment.trials[CANDIDATE].params)
        return e.Proposed(at=event.at, trial=CHILD, params=params, parents=(CANDIDATE,))


def _parsed(space: Mapping[str, Any]) -> Space | None:
    """The search space; None if it has types of its own."""
    try:
        return parse(space, layers=True)
    except SpaceError:
        return None

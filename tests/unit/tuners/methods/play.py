"""Lets a tuner search on a function, as the controller would."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from heirloom.tuners.interface import Proposal, Result, SearchFinished, Tuner

Value = Callable[[Mapping[str, Any]], float]


class Play:
    """A search on `slots` slots, in which trials end in a random order that a seed gives.

    `result`: what every trial reports as its result.
    """

    def __init__(
        self, tuner: Tuner, value: Value, *, slots: int = 1, seed: int = 1, result: Any = None
    ) -> None:
        self.tuner, self.value, self.slots = tuner, value, slots
        self.result = result
        self.rng = random.Random(seed)
        self.proposals: list[Proposal] = []
        self.results: list[Result] = []
        self.running: list[int] = []
        self.finished = ""

    def run(self, trials: int, fails: Callable[[int], bool] = lambda trial: False) -> Play:
        """Search until `trials` were proposed and have ended, or the tuner ends the search."""
        while self.running or (len(self.proposals) < trials and not self.finished):
            while len(self.running) < self.slots and len(self.proposals) < trials:
                if not self._start():
                    break
            if not self.running:
                break
            self._end(self.running.pop(self.rng.randrange(len(self.running))), fails)
        return self

    def _start(self) -> bool:
        trial = len(self.proposals)
        try:
            proposal = None if self.finished else self.tuner.propose(trial)
        except SearchFinished as end:
            self.finished = str(end) or "finished"
            return False
        if proposal is None:
            return False
        for parent in proposal.parents:
            assert parent < trial
            assert self.results_of(parent).weights
        self.proposals.append(proposal)
        self.running.append(trial)
        return True

    def results_of(self, trial: int) -> Result:
        """The result of a trial that has ended."""
        return next(result for result in self.results if result.trial_id == trial)

    def _end(self, trial: int, fails: Callable[[int], bool]) -> None:
        proposal = self.proposals[trial]
        failed = fails(trial)
        result = Result(
            trial,
            "failed" if failed else "succeeded",
            None if failed else self.value(proposal.params),
            proposal.params,
            tuple(proposal.parents),
            result=self.result,
            weights=not failed,
        )
        self.results.append(result)
        self.tuner.observe(result)

"""Regularized evolution: the young replace the old, and a child mutates a tournament's winner."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from typing import Any

from ..objective import Objective
from ..space import mutate, parse, sample
from .interface import Proposal, Result, Tuner


@dataclass(frozen=True)
class _Member:
    trial: int
    params: dict[str, Any]
    value: float
    weights: bool


class Evolution(Tuner):
    """Aging evolution with tournament selection, Real et al., AAAI 2019, arXiv:1802.01548.

    The population is the last `population` trials that succeeded. Until that many have succeeded or
    are under way, proposals are random; after that each is a mutation of the best among `sample`
    members drawn with replacement. It is asynchronous: a child is bred from whoever is there.

    Args:
        population: how many trials live at a time; the oldest dies first.
        sample: how many take part in a tournament; more makes the search greedier.
        inherit: whether a child names the winner as its parent and so starts from its weights.
    """

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        population: int = 16,
        sample: int = 4,
        inherit: bool = True,
    ) -> None:
        if population < 1:
            raise ValueError(f"population must be at least 1, not {population}")
        if sample < 1:
            raise ValueError(f"sample must be at least 1, not {sample}")
        self._space = parse(space)
        self._rng = random.Random(seed)  # noqa: S311 - a search wants to be repeatable
        self._objective = Objective(maximize=maximize)
        self._size = population
        self._contestants = sample
        self._inherit = inherit
        self._living: deque[_Member] = deque(maxlen=population)
        self._under_way: set[int] = set()
        self._ended: set[int] = set()

    def propose(self, trial_id: int) -> Proposal | None:
        """A random candidate, a child, or None while the first candidates are all under way."""
        if len(self._living) + len(self._under_way) < self._size:
            # Also the way out when every candidate so far has failed.
            proposal = Proposal(sample(self._space, self._rng))
        elif self._living:
            proposal = self._child()
        else:
            return None
        self._under_way.add(trial_id)
        return proposal

    def observe(self, result: Result) -> None:
        """Takes a success into the population, where it may push out the oldest."""
        self._under_way.discard(result.trial_id)
        self._ended.add(result.trial_id)
        if result.state == "succeeded" and result.value is not None:
            member = _Member(result.trial_id, dict(result.params), result.value, result.weights)
            self._living.append(member)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether it lives, or may yet be born into the population."""
        living = any(member.trial == trial_id for member in self._living)
        return self._inherit and (living or trial_id not in self._ended)

    def _child(self) -> Proposal:
        contestants = self._rng.choices(self._living, k=self._contestants)
        winner = self._objective.best(contestants, lambda member: member.value)
        assert winner is not None  # there is at least one contestant
        params = mutate(self._space, winner.params, self._rng)
        return Proposal(params, (winner.trial,) if self._inherit and winner.weights else ())

"""Regularized evolution."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..objective import Objective
from ..space import mutate, parse, sample
from .initial import Initial
from .interface import Proposal, Result, Tuner


@dataclass(frozen=True)
class _Member:
    trial: int
    params: dict[str, Any]
    value: float
    weights: bool


class Evolution(Tuner):
    """Regularized (aging) evolution.

    The population is the last `population` trials that succeeded. Until that many trials have
    succeeded or are under way, proposals are random. After that, a proposal is a mutation of the
    best of `sample` members, drawn with replacement. It is asynchronous: a proposal uses the
    population at the time of the call.

    Real, Aggarwal, Huang, Le: Regularized Evolution for Image Classifier Architecture Search,
    AAAI 2019, https://arxiv.org/abs/1802.01548

    Args:
        population: size of the population. The oldest member leaves first. Default: 16.
        sample: number of members in a tournament. A larger number makes the search greedier.
            Default: 4.
        inherit: whether a child names the winner as its parent, and so starts from the winner's
            weights. Default: true.
        initial: candidates to propose first.

    Raises ValueError if `population` or `sample` is below 1 or a candidate does not fit the search
    space, SpaceError for a wrong search space.
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
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if population < 1:
            raise ValueError(f"population must be at least 1, not {population}")
        if sample < 1:
            raise ValueError(f"sample must be at least 1, not {sample}")
        self._space = parse(space)
        self._initial = Initial(self._space, initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._objective = Objective(maximize=maximize)
        self._size = population
        self._contestants = sample
        self._inherit = inherit
        self._population: deque[_Member] = deque(maxlen=population)
        self._under_way: set[int] = set()
        self._ended: set[int] = set()

    def propose(self, trial_id: int) -> Proposal | None:
        """A random candidate or a mutation; None while the first candidates are all under way."""
        first = self._initial.next()
        if first is not None:
            proposal = Proposal(first)
        elif len(self._population) + len(self._under_way) < self._size:
            # This also continues a search in which every candidate so far has failed.
            proposal = Proposal(sample(self._space, self._rng))
        elif self._population:
            proposal = self._child()
        else:
            return None
        self._under_way.add(trial_id)
        return proposal

    def observe(self, result: Result) -> None:
        """Add a trial that succeeded to the population, in which it may replace the oldest."""
        self._under_way.discard(result.trial_id)
        self._ended.add(result.trial_id)
        if result.state == "succeeded" and result.value is not None:
            member = _Member(result.trial_id, dict(result.params), result.value, result.weights)
            self._population.append(member)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial is in the population or may still enter it."""
        is_member = any(member.trial == trial_id for member in self._population)
        return self._inherit and (is_member or trial_id not in self._ended)

    def _child(self) -> Proposal:
        contestants = self._rng.choices(self._population, k=self._contestants)
        winner = self._objective.best(contestants, lambda member: member.value)
        assert winner is not None  # there is at least one contestant
        params = mutate(self._space, winner.params, self._rng)
        return Proposal(params, (winner.trial,) if self._inherit and winner.weights else ())

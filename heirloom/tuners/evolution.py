"""Evolution: regularized with one objective, by NSGA-II with several."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..objective import Objective, Objectives
from ..space import crossover, fingerprint, mutate, parse, sample
from .generators import generator_state, load_generator
from .initial import Initial
from .interface import Proposal, Result, Tuner
from .methods.population import AgingPopulation, Member, SelectedPopulation

REDRAWS = 20  # of a candidate that is known already


class Evolution(Tuner):
    """Regularized (aging) evolution; with several objectives or bounds, NSGA-II.

    The population is the last `population` trials that succeeded. Until that many trials have
    succeeded or are under way, proposals are random. After that, a proposal is a mutation of the
    best of `sample` members, drawn with replacement. It is asynchronous: a proposal uses the
    population at the time of the call.

    With several objectives or bounds the population does not age: it has the best trials by
    feasibility, rank and crowding distance (NSGA-II), which decide tournaments too. In contrast to
    Deb et al. the worst member leaves whenever one is added, and a child has one parent unless
    `crossover` is set, so that it inherits as many weights as possible.

    In contrast to both papers, a candidate that was proposed or observed before is drawn again, at
    most 20 times: it would cost a trial and tell nothing. So is a mutation that changes nothing.

    Real, Aggarwal, Huang, Le: Regularized Evolution for Image Classifier Architecture Search,
    AAAI 2019, https://arxiv.org/abs/1802.01548; Deb, Pratap, Agarwal, Meyarivan: A Fast and
    Elitist Multiobjective Genetic Algorithm: NSGA-II, 2002, https://doi.org/10.1109/4235.996017

    Args:
        population: size of the population. The oldest member leaves first, or with several
            objectives the worst. Default: 16.
        sample: number of members in a tournament. A larger number makes the search greedier.
            Default: 4.
        inherit: whether a child names the winner as its parent, and so starts from the winner's
            weights. Default: true.
        crossover: probability that a child is mutated from a crossover of the winner with that of a
            second tournament. It names the first as its parent. Default: 0.
        initial: candidates to propose first.

    Raises ValueError if `population` or `sample` is below 1, `crossover` is no probability or a
    candidate does not fit the search space, SpaceError for a wrong search space.
    """

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        objectives: Objectives | None = None,
        population: int = 16,
        sample: int = 4,
        inherit: bool = True,
        crossover: float = 0.0,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        if population < 1:
            raise ValueError(f"population must be at least 1, not {population}")
        if sample < 1:
            raise ValueError(f"sample must be at least 1, not {sample}")
        if not 0 <= crossover <= 1:
            raise ValueError(f"crossover must be a probability, from 0 to 1, not {crossover}")
        self._space = parse(space)
        self._initial = Initial(self._space, initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable
        self._objectives = objectives or Objectives((Objective(maximize=maximize),))
        self._size = population
        self._contestants = sample
        self._inherit = inherit
        self._crossover = crossover
        self._population = (
            AgingPopulation(population)
            if self._objectives.is_single
            else SelectedPopulation(population)
        )
        self._known: set[str] = set()  # fingerprints of candidates
        self._under_way: set[int] = set()
        self._ended: set[int] = set()

    def propose(self, trial_id: int) -> Proposal | None:
        """A random candidate or a mutation; None while the first candidates are all under way."""
        first = self._initial.next()
        if first is not None:
            proposal = Proposal(first)
        elif len(self._population.members) + len(self._under_way) < self._size:
            # This also continues a search in which every candidate so far has failed.
            proposal = self._new(lambda: Proposal(sample(self._space, self._rng)))
        elif self._population.members:
            proposal = self._new(self._child)
        else:
            return None
        self._known.add(fingerprint(proposal.params))
        self._under_way.add(trial_id)
        return proposal

    def observe(self, result: Result) -> None:
        """Add a trial that succeeded to the population, in which it may replace another one."""
        self._under_way.discard(result.trial_id)
        self._ended.add(result.trial_id)
        self._known.add(fingerprint(result.params))
        values = self._objectives.values(result.value, result.values)
        standing = self._objectives.standing(values)
        if result.state == "succeeded" and standing is not None:
            member = Member(result.trial_id, dict(result.params), standing, result.weights)
            self._population.add(member)

    def may_be_parent(self, trial_id: int) -> bool:
        """Whether the trial is in the population or may still enter it."""
        is_member = any(member.trial == trial_id for member in self._population.members)
        return self._inherit and (is_member or trial_id not in self._ended)

    def state(self) -> Any:
        """See Tuner."""
        return {
            "initial": self._initial.state(),
            "random": generator_state(self._rng),
            "population": self._population.state(),
            "known": sorted(self._known),
            "under_way": sorted(self._under_way),
            "ended": sorted(self._ended),
        }

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])
        self._population.load_state(state["population"])
        self._known = set(state["known"])
        self._under_way = set(state["under_way"])
        self._ended = set(state["ended"])

    def _new(self, draw: Callable[[], Proposal]) -> Proposal:
        """A proposal that is not known yet, or the last of several draws that all were."""
        proposal = draw()
        for _ in range(REDRAWS):
            if fingerprint(proposal.params) not in self._known:
                break
            proposal = draw()
        return proposal

    def _child(self) -> Proposal:
        winner = self._winner()
        params = winner.params
        if self._crossover and self._rng.random() < self._crossover:
            params = crossover(self._space, params, self._winner().params, self._rng)
        params = mutate(self._space, params, self._rng)
        return Proposal(params, (winner.trial,) if self._inherit and winner.weights else ())

    def _winner(self) -> Member:
        """The best of a tournament."""
        contestants = self._rng.choices(self._population.members, k=self._contestants)
        return self._population.best(contestants)

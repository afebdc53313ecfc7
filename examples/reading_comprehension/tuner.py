"""Evolution of graphs: a child mutates the graph of a tournament's winner, its parent."""

from __future__ import annotations

import random
from collections import Counter, deque
from typing import Any

from graph import FIRST, KINDS, Mutations, plain, read

from heirloom.objective import Objective
from heirloom.tuners import Proposal, Result, Tuner


class EvolvingGraphs(Tuner):
    """The last `population` trials that succeeded are the population.

    The search space has the kinds of layers (`layer`, a choice) and the largest number of layers in
    a graph (`layers`, the bounds of an integer).

    Args:
        population: size of the population, and number of trials without a parent.
        sample: size of a tournament.
        steps: number of mutations from the first graph to the graph of a trial without a parent.
    """

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        population: int = 8,
        sample: int = 4,
        steps: int = 2,
    ) -> None:
        kinds = space["layer"]["_value"]
        if not kinds or not set(kinds) <= set(KINDS):
            raise ValueError(f"layer must be a choice of {', '.join(KINDS)}, not {kinds}")
        most = space["layers"]["_value"][1] - 1
        if most < len(FIRST) - 1:
            raise ValueError(f"layers must allow {len(FIRST) - 1}, the size of the first graph")
        self._chance = random.Random(seed)
        self._made: Counter[str] = Counter(layer.kind for layer in FIRST)
        self._mutations = Mutations(kinds, most, self._name, self._chance)
        self._objective = Objective(maximize=maximize)
        self._sample = sample
        self._steps = steps
        self._begun = 0
        self._population = population
        self._living: deque[Result] = deque(maxlen=population)
        self._ended: set[int] = set()

    def propose(self, trial_id: int) -> Proposal | None:
        if self._begun < self._population:
            self._begun += 1
            graph = FIRST
            for _ in range(self._steps):
                graph = self._mutations.mutate(graph)
            return Proposal({"graph": plain(graph)})
        if not self._living:
            return None
        rivals = self._chance.choices(self._living, k=self._sample)
        winner = max(rivals, key=lambda rival: self._objective.score(rival.value or 0))
        graph = self._mutations.mutate(read(winner.params["graph"]))
        return Proposal({"graph": plain(graph)}, parents=[winner.trial_id])

    def observe(self, result: Result) -> None:
        self._ended.add(result.trial_id)
        if result.state == "succeeded":
            self._living.append(result)
        elif not result.parents:
            self._begun -= 1  # another trial without a parent replaces it

    def may_be_parent(self, trial_id: int) -> bool:
        living = any(trial_id == result.trial_id for result in self._living)
        return living or trial_id not in self._ended

    def _name(self, kind: str) -> str:
        """A layer name that this search has not used."""
        self._made[kind] += 1
        return f"{kind}-{self._made[kind] - 1}"

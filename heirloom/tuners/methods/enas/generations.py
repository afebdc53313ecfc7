"""The chain of shared weights of a search: generations that trials have committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional

_LATEST = 2  # generations that are kept in any case: one may turn out to be damaged


@dataclass
class Generation:
    """Shared weights.

    Args:
        number: counts from 0.
        trials: the trials that committed them; the shared weights are the mean of theirs.
        updates: the steps of the policy by rewards with these weights.
        best: the highest reward, and the sequence that had it.
    """

    number: int
    trials: tuple[int, ...]
    updates: int = 0
    best: Optional[tuple[float, list[int]]] = None


class Generations:
    """The generations that later trials may start from, oldest first.

    These are the ones that are not evaluated yet, the last one that is, and the latest two: a
    search goes on from the one before if the last one is damaged.

    Args:
        updates: the steps of the policy after which a generation is evaluated.
    """

    def __init__(self, updates: int) -> None:
        self._updates = updates
        self._chain: list[Generation] = []

    @property
    def unevaluated(self) -> Sequence[Generation]:
        """The generations that are not evaluated yet."""
        return [each for each in self._chain if self.steps_left(each)]

    @property
    def waiting(self) -> Optional[Generation]:
        """The first generation that is not evaluated yet."""
        return next(iter(self.unevaluated), None)

    @property
    def last(self) -> Optional[Generation]:
        """The last generation that was committed; None before."""
        return self._chain[-1] if self._chain else None

    @property
    def evaluated(self) -> Optional[Generation]:
        """The last generation with all its steps; None before."""
        return next((each for each in reversed(self._chain) if not self.steps_left(each)), None)

    @property
    def best(self) -> Optional[Generation]:
        """The generation whose best sequence counts: one that is evaluated, if there is one."""
        found = self.evaluated or self.waiting
        return None if found is None or found.best is None else found

    def steps_left(self, generation: Generation) -> int:
        """The steps of the policy until a generation is evaluated."""
        return self._updates - generation.updates

    def add(self, number: int, trials: Sequence[int]) -> None:
        """Add the generation that trials have committed."""
        self._chain.append(Generation(number, tuple(trials)))
        self._forget()

    def lose(self, number: int) -> None:
        """Leave out a generation whose weights cannot be read."""
        self._chain = [each for each in self._chain if each.number != number]

    def note(self, number: int, found: tuple[float, list[int]]) -> None:
        """Count a step of the policy for a generation that is not evaluated yet.

        found: the highest reward of the step, and its sequence.
        """
        [generation] = [each for each in self._chain if each.number == number]
        generation.updates += 1
        if generation.best is None or found > generation.best:
            generation.best = found
        self._forget()

    def may_be_parent(self, trial: int) -> bool:
        """Whether weights of a generation are still needed."""
        return any(trial in each.trials for each in self._chain)

    def state(self) -> list[Any]:
        """All of it as JSON."""
        return [
            [each.number, list(each.trials), each.updates, each.best and list(each.best)]
            for each in self._chain
        ]

    def load_state(self, state: Sequence[Any]) -> None:
        """Take over what `state` returned."""
        self._chain = [
            Generation(number, tuple(trials), updates, best and (best[0], best[1]))
            for number, trials, updates, best in state
        ]

    def _forget(self) -> None:
        """Leave out the generations that no later trial starts from."""
        kept = [*self.unevaluated, self.evaluated, *self._chain[-_LATEST:]]
        self._chain = [each for each in self._chain if any(each is other for other in kept)]

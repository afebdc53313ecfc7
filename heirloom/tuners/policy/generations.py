"""The chain of shared weights of a search: generations that trials have committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Optional


@dataclass
class Generation:
    """Shared weights.

    Args:
        number: counts from 0.
        trial: the trial that committed them.
        updates: the steps of the policy by rewards with these weights.
        best: the highest reward, and the sequence that had it.
    """

    number: int
    trial: int
    updates: int = 0
    best: Optional[tuple[float, list[int]]] = None


class Generations:
    """The last generation, and those before it that are not evaluated yet.

    Args:
        updates: the steps of the policy after which a generation is evaluated.

    Attributes:
        last: the last generation that was committed; None before.
        evaluated: the last one with all its steps; None before.
    """

    def __init__(self, updates: int) -> None:
        self._updates = updates
        self._left: list[Generation] = []  # to be evaluated, in their order
        self.last: Optional[Generation] = None
        self.evaluated: Optional[Generation] = None

    def __len__(self) -> int:
        """The number of generations that are not evaluated yet."""
        return len(self._left)

    @property
    def waiting(self) -> Optional[Generation]:
        """The first generation that is not evaluated yet."""
        return self._left[0] if self._left else None

    @property
    def best(self) -> Optional[Generation]:
        """The generation whose best sequence counts: one that is evaluated, if there is one."""
        found = self.evaluated or self.waiting
        return None if found is None or found.best is None else found

    def steps_left(self, generation: Generation) -> int:
        """The steps of the policy until a generation is evaluated."""
        return self._updates - generation.updates

    def add(self, trial: int) -> None:
        """Add the generation that a trial has committed."""
        self.last = Generation(0 if self.last is None else self.last.number + 1, trial)
        self._left.append(self.last)

    def note(self, number: int, scores: Sequence[float], sequences: Sequence[list[int]]) -> None:
        """Count a step of the policy for a generation that is not evaluated yet."""
        [generation] = [each for each in self._left if each.number == number]
        generation.updates += 1
        found = max(zip(scores, sequences))
        if generation.best is None or found > generation.best:
            generation.best = found
        if self.steps_left(generation) == 0:
            self._left.remove(generation)
            self.evaluated = generation

    def may_be_parent(self, trial: int) -> bool:
        """Whether weights of a generation are still needed."""
        found = [*self._left, self.last, self.evaluated]
        return any(each is not None and each.trial == trial for each in found)

    def state(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "left": [_written(each) for each in self._left],
            "last": _written(self.last),
            "evaluated": _written(self.evaluated),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""
        self._left = [each for each in map(_read, state["left"]) if each is not None]
        self.evaluated = _read(state["evaluated"])
        self.last = _read(state["last"])
        for each in self._left:
            if self.last is not None and each.trial == self.last.trial:
                self.last = each


def _written(generation: Optional[Generation]) -> Any:
    if generation is None:
        return None
    best = None if generation.best is None else list(generation.best)
    return [generation.number, generation.trial, generation.updates, best]


def _read(written: Any) -> Optional[Generation]:
    if written is None:
        return None
    number, trial, updates, best = written
    return Generation(number, trial, updates, None if best is None else (best[0], best[1]))

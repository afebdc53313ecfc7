"""Random search."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from ..objective import Objectives
from ..space import parse, sample
from .generators import generator_state, load_generator
from .initial import Initial
from .interface import Proposal, Tuner


class Random(Tuner):
    """Random search: draws every proposal from the search space, independently of the results.

    Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 13 (2012),
    https://www.jmlr.org/papers/v13/bergstra12a.html.

    Args:
        initial: candidates to propose first.

    Raises ValueError if a candidate does not fit the search space.
    """

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        objectives: Objectives | None = None,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._space = parse(space)
        self._initial = Initial(self._space, initial)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable

    def propose(self, trial_id: int) -> Proposal:
        """Draw a candidate, after the initial ones."""
        first = self._initial.next()
        return Proposal(sample(self._space, self._rng) if first is None else first)

    def state(self) -> Any:
        """See Tuner."""
        return {"initial": self._initial.state(), "random": generator_state(self._rng)}

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        load_generator(self._rng, state["random"])

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a random draw has no parents."""
        return False

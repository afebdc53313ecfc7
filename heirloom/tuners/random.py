"""Random search."""

from __future__ import annotations

import random
from typing import Any

from ..space import parse, sample
from .interface import Proposal, Tuner


class Random(Tuner):
    """Random search: draws every proposal from the search space, independently of the results.

    Bergstra, Bengio: Random Search for Hyper-Parameter Optimization, JMLR 13 (2012),
    https://www.jmlr.org/papers/v13/bergstra12a.html. It takes no arguments.
    """

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._space = parse(space)
        self._rng = random.Random(seed)  # noqa: S311 - a search must be repeatable

    def propose(self, trial_id: int) -> Proposal:
        """Draw a candidate."""
        return Proposal(sample(self._space, self._rng))

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a random draw has no parents."""
        return False

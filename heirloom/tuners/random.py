"""Random search: every proposal is a fresh draw."""

from __future__ import annotations

import random
from typing import Any

from ..space import parse, sample
from .interface import Proposal, Tuner


class Random(Tuner):
    """Draws every trial from the search space, whatever the results were."""

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._space = parse(space)
        self._rng = random.Random(seed)  # noqa: S311 - a search wants to be repeatable

    def propose(self, trial_id: int) -> Proposal:
        """A draw from the space."""
        return Proposal(sample(self._space, self._rng))

    def may_be_parent(self, trial_id: int) -> bool:
        """Never: a draw has no parents."""
        return False

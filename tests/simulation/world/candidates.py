"""Trials that are no candidates, in some of the runs."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

_MARK = "shared"  # a param of trials that are no candidates


class Candidates:
    """Decides which trials a simulated tuner proposes as no candidates.

    It has a generator of its own, so that it leaves everything else as it is.
    """

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed} candidates")
        self._share = self._rng.choice([0.0, 0.0, 0.0, 0.3, 0.9])

    def marked(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The params, with a mark if the trial is no candidate."""
        return marked(params) if self._rng.random() < self._share else dict(params)


def marked(params: Mapping[str, Any]) -> dict[str, Any]:
    """The params of a trial that is no candidate."""
    return {**params, _MARK: True}


def is_candidate(params: Mapping[str, Any]) -> bool:
    """Whether a trial with these params is a candidate: a simulated tuner's, or a real one's."""
    return _MARK not in params and params.get("task", "final") == "final"

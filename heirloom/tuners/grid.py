"""Grid search: every candidate of a finite space, once."""

from __future__ import annotations

from typing import Any

from ..space import grid, parse
from .interface import Proposal, SearchFinished, Tuner


class Grid(Tuner):
    """Proposes every combination of values, the last parameter changing fastest, and finishes."""

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._points = grid(parse(space))

    def propose(self, trial_id: int) -> Proposal:
        """The next combination. Raises SearchFinished after the last."""
        point = next(self._points, None)
        if point is None:
            raise SearchFinished("the grid is done")
        return Proposal(point)

    def may_be_parent(self, trial_id: int) -> bool:
        """Never: a point of the grid has no parents."""
        return False

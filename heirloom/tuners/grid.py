"""Grid search."""

from __future__ import annotations

from typing import Any

from ..space import grid, parse
from .interface import Proposal, SearchFinished, Tuner


class Grid(Tuner):
    """Grid search: proposes every combination of values once, then finishes.

    The last parameter of the space changes fastest. It takes no arguments. Raises ValueError if the
    values of a parameter cannot be enumerated (`uniform`, `normal` and so on).
    """

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._points = grid(parse(space))

    def propose(self, trial_id: int) -> Proposal:
        """Return the next combination. Raises SearchFinished after the last."""
        point = next(self._points, None)
        if point is None:
            raise SearchFinished("the grid is done")
        return Proposal(point)

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a proposal of a grid has no parents."""
        return False

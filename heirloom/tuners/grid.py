"""Grid search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from ..objective import Objectives
from ..space import fingerprint, grid, parse
from .initial import Initial
from .interface import Proposal, SearchFinished, Tuner


class Grid(Tuner):
    """Grid search: proposes every combination of values once, then finishes.

    The last parameter of the space changes fastest.

    Args:
        initial: combinations to propose first. They are not proposed a second time.

    Raises ValueError if the values of a parameter cannot be enumerated (`uniform`, `normal` and so
    on), or if a combination of `initial` does not fit the search space.
    """

    ends_itself = True

    def __init__(
        self,
        space: dict[str, Any],
        *,
        seed: int,
        maximize: bool,
        objectives: Objectives | None = None,
        initial: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        parsed = parse(space)
        self._initial = Initial(parsed, initial)
        first = {fingerprint(params) for params in initial}
        self._points = (point for point in grid(parsed) if fingerprint(point) not in first)
        self._taken = 0  # of the points

    def propose(self, trial_id: int) -> Proposal:
        """Return the next combination. Raises SearchFinished after the last."""
        point = self._initial.next()
        if point is None:
            point = next(self._points, None)
            self._taken += point is not None
        if point is None:
            raise SearchFinished("the grid is done")
        return Proposal(point)

    def state(self) -> Any:
        """See Tuner."""
        return {"initial": self._initial.state(), "taken": self._taken}

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        self._initial.load_state(state["initial"])
        self._taken = sum(1 for _ in islice(self._points, state["taken"]))

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a proposal of a grid has no parents."""
        return False

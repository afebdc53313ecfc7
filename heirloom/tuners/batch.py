"""Batch search."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from ..objective import Objectives
from ..space import SpaceError, expand, fingerprint, parse
from ..space.errors import Mistake
from ..space.forms import NAME, value_key
from .interface import Proposal, SearchFinished, Tuner

NOT_LISTED = "must be one of the candidates that the search space lists"
_SHAPE = "{batch: [{lr: 0.1}, {lr: 0.2}]}"


class Batch(Tuner):
    """Batch search: proposes the candidates of a list in their order, then finishes.

    The search space must have one parameter, of type `choice`. Each option is the params of one
    trial. The name of the parameter does not matter. The form is that of NNI's BatchTuner.

    Args:
        initial: candidates of the list to propose first. They are not proposed a second time.

    Raises SpaceError for another form of space, ValueError for one of `initial` that is not listed.
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
        listed = candidates(space)
        if absent := unlisted(listed, initial):
            raise ValueError(f"initial: candidate {absent[0]}: {NOT_LISTED}")
        first = {fingerprint(params) for params in initial}
        rest = [params for params in listed if fingerprint(params) not in first]
        self._remaining = deque([*map(dict, initial), *rest])

    def propose(self, trial_id: int) -> Proposal:
        """Return the next candidate. Raises SearchFinished after the last."""
        if not self._remaining:
            raise SearchFinished("the batch is done")
        return Proposal(self._remaining.popleft())

    def state(self) -> Any:
        """The number of candidates that are left."""
        return len(self._remaining)

    def load_state(self, state: Any) -> None:
        """See Tuner."""
        if not 0 <= state <= len(self._remaining):
            raise ValueError(f"{len(self._remaining)} candidates are listed, and {state} are left")
        while len(self._remaining) > state:
            self._remaining.popleft()

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a listed candidate has no parents."""
        return False


def unlisted(listed: Sequence[Any], candidates: Sequence[Any]) -> list[int]:
    """The indexes of the candidates that are not listed."""
    known = {fingerprint(params) for params in listed}
    return [at for at, params in enumerate(candidates) if fingerprint(params) not in known]


def candidates(space: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the params that a space lists. Raises SpaceError if it has another form."""
    parse(space)
    if len(space) != 1:
        text = f"batch takes one parameter, such as {_SHAPE}, not {len(space)}"
        raise SpaceError([((), text)])
    [(name, written)] = space.items()
    spec = expand(space)[name]
    if spec["_type"] != "choice":
        raise SpaceError([((name,), f"must be choice for batch, such as {_SHAPE}")])
    mistakes: list[Mistake] = [
        (
            (name, *value_key(written), index),
            "an option of batch must be the params of one trial: {name: value}",
        )
        for index, option in enumerate(spec["_value"])
        if not isinstance(option, Mapping) or NAME in option
    ]
    if mistakes:
        raise SpaceError(mistakes)
    return [dict(option) for option in spec["_value"]]

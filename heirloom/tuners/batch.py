"""Batch search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..space import SpaceError, expand, parse
from ..space.forms import NAME, value_key
from ..space.parse import Mistake
from .interface import Proposal, SearchFinished, Tuner

_SHAPE = "{batch: [{lr: 0.1}, {lr: 0.2}]}"


class Batch(Tuner):
    """Batch search: proposes the candidates of a list in their order, then finishes.

    The search space must have one parameter, of type `choice`. Each option is the params of one
    trial. The name of the parameter does not matter. The form is that of NNI's BatchTuner. It takes
    no arguments. Raises SpaceError for another form of space.
    """

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._remaining = iter(candidates(space))

    def propose(self, trial_id: int) -> Proposal:
        """Return the next candidate. Raises SearchFinished after the last."""
        params = next(self._remaining, None)
        if params is None:
            raise SearchFinished("the batch is done")
        return Proposal(params)

    def may_be_parent(self, trial_id: int) -> bool:
        """False: a listed candidate has no parents."""
        return False


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

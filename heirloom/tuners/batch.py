"""Batch: the candidates that the search space lists, one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..space import SpaceError, parse
from ..space.space import NAME
from .interface import Proposal, SearchFinished, Tuner

_SHAPE = '{"batch": {"_type": "choice", "_value": [{"lr": 0.1}, {"lr": 0.2}]}}'


class Batch(Tuner):
    """Proposes every candidate of a list, in its order, and finishes.

    The space has one parameter of type `choice`, and each of its options is the params of one
    trial. Its name does not matter. Source: the search space of NNI's BatchTuner.
    """

    def __init__(self, space: dict[str, Any], *, seed: int, maximize: bool) -> None:
        self._left = iter(candidates(space))

    def propose(self, trial_id: int) -> Proposal:
        """The next candidate. Raises SearchFinished after the last."""
        params = next(self._left, None)
        if params is None:
            raise SearchFinished("the batch is done")
        return Proposal(params)

    def may_be_parent(self, trial_id: int) -> bool:
        """Never: a listed candidate has no parents."""
        return False


def candidates(space: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The params that the space lists. Raises SpaceError where it is no such list."""
    parse(space)
    if len(space) != 1:
        words = f"batch takes one parameter, such as {_SHAPE}; here are {len(space)}"
        raise SpaceError([((), words)])
    [(name, spec)] = space.items()
    if spec["_type"] != "choice":
        words = f"must be choice for batch, such as {_SHAPE}"
        raise SpaceError([((name, "_type"), words)])
    mistakes = [
        ((name, "_value", index), "an option of batch is the params of one trial: {name: value}")
        for index, option in enumerate(spec["_value"])
        if not isinstance(option, Mapping) or NAME in option
    ]
    if mistakes:
        raise SpaceError(list(mistakes))
    return [dict(option) for option in spec["_value"]]

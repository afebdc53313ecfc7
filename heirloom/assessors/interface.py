"""The interface of an assessor: it gets every report and decides which trials stop early."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

_COPIED = 10_000  # values; copies of longer lists take minutes for a trial that reports them all


def history_of(values: list[Any]) -> list[Any]:
    """The values that a trial has reported, for one call of an assessor."""
    return list(values) if len(values) <= _COPIED else values


class Assessor(ABC):
    """Decides by their reports which running trials stop early. Runs in the tuner's process.

    Args:
        maximize: whether a larger value is better, of the first objective, which reports concern.
        objectives: all objectives, as `heirloom.objective.Objectives`. A constructor gets it only
            if it declares the parameter. One that does not takes a single objective.
        args: `assessor.args` of the experiment file. Raise ValueError to reject a value.
    """

    @abstractmethod
    def __init__(self, *, maximize: bool, **args: Any) -> None: ...

    @abstractmethod
    def assess(self, trial_id: int, history: Sequence[float]) -> bool:
        """Whether a trial that has reported these values, oldest first, should continue.

        `history` is a list. Do not change it: with many values no copy is made of it.
        """

    def trial_end(self, trial_id: int, success: bool) -> None:  # noqa: B027 - an assessor may ignore it
        """Take the end of a trial. `success`: it ended as `succeeded`."""

    def state(self) -> Any:
        """Return all that decides later assessments, as plain JSON; None: it cannot be saved.

        Arguments of the constructor need not be part of it. The call must not change the assessor.
        A search whose assessor returns None is resumed by repeating its calls.
        """
        return None

    def load_state(self, state: Any) -> None:
        """Go on from a state: later assessments are those of the assessor that returned it.

        Called once at most, right after the constructor, which got the same arguments. The state
        has gone through JSON: tuples are lists, and keys are text. Raise ValueError to reject it.
        """
        raise NotImplementedError(f"{type(self).__name__} has no load_state")

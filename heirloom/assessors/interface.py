"""The interface of an assessor: it gets every report and decides which trials stop early."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any


class Assessor(ABC):
    """Decides by their reports which running trials stop early. Runs in the tuner's process.

    Args:
        maximize: whether a larger value is better.
        args: `assessor.args` of the experiment file. Raise ValueError to reject a value.
    """

    @abstractmethod
    def __init__(self, *, maximize: bool, **args: Any) -> None: ...

    @abstractmethod
    def assess(self, trial_id: int, history: Sequence[float]) -> bool:
        """Whether a trial that has reported these values, oldest first, should continue."""

    def trial_end(self, trial_id: int, success: bool) -> None:  # noqa: B027 - an assessor may ignore it
        """Take the end of a trial. `success`: it ended as `succeeded`."""

"""What an assessor is: it hears every report and says which trials are hopeless."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any


class Assessor(ABC):
    """Judges running trials by what they report. Lives in the tuner's process.

    Args:
        maximize: whether a larger value is better.
        args: what the experiment file says under `assessor.args`. ValueError refuses a wrong one.
    """

    @abstractmethod
    def __init__(self, *, maximize: bool, **args: Any) -> None: ...

    @abstractmethod
    def assess(self, trial_id: int, history: Sequence[float]) -> bool:
        """Whether a trial that has reported these values, oldest first, should go on."""

    def trial_end(self, trial_id: int, success: bool) -> None:  # noqa: B027 - need not be heard
        """A trial ended."""

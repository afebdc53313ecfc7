"""The trials that train one generation side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Workers:
    """The trials of the generation that trains now; none between two generations.

    Args:
        count: how many train a generation.

    Attributes:
        number: the generation.
        begun: how many of its trials were proposed.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self.number = 0
        self.begun = 0
        self._under_way: list[int] = []
        self._committed: list[int] = []

    def __contains__(self, trial: int) -> bool:
        """Whether the trial is under way."""
        return trial in self._under_way

    @property
    def has_room(self) -> bool:
        """Whether a further trial is needed."""
        return self.begun < self._count

    @property
    def has_ended(self) -> bool:
        """Whether all trials of the generation were proposed and have ended."""
        return not self.has_room and not self._under_way

    def begin(self, trial: int, number: int) -> None:
        """Add a trial of a generation."""
        self.number = number
        self.begun += 1
        self._under_way.append(trial)

    def end(self, trial: int, *, committed: bool) -> None:
        """A trial has ended. `committed`: its weights are part of the generation."""
        self._under_way.remove(trial)
        if committed:
            self._committed.append(trial)

    def close(self) -> None:
        """Propose no further trials of a generation that has begun."""
        self.begun = self._count if self.begun else 0

    def take(self) -> Sequence[int]:
        """Return the trials that committed, and make room for the next generation."""
        found, self._committed, self.begun = self._committed, [], 0
        return found

    def may_be_parent(self, trial: int) -> bool:
        """Whether the trial's weights may become part of the generation."""
        return trial in self._under_way or trial in self._committed

    def state(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "number": self.number,
            "begun": self.begun,
            "under_way": list(self._under_way),
            "committed": list(self._committed),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take over what `state` returned."""
        self.number, self.begun = state["number"], state["begun"]
        self._under_way, self._committed = list(state["under_way"]), list(state["committed"])

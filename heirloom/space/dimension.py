"""What every type of parameter in a search space can do."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Protocol


class Dimension(Protocol):
    """One parameter of a space."""

    def sample(self, rng: Random) -> Any:
        """A value drawn from the parameter's distribution."""

    def contains(self, value: Any) -> bool:
        """Whether the parameter can take this value."""

    def coordinates(self, value: Any) -> int:
        """In how many ways `mutate` can change this value; 0: it is the only one."""

    def mutate(self, value: Any, rng: Random) -> Any:
        """Another value near this one; the same only where there is no other."""

    def values(self) -> Iterator[Any] | None:
        """Every value, in order; None where they can't be counted."""

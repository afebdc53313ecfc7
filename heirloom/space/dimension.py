"""The interface of a parameter of a search space."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules


class Dimension(Protocol):
    """One parameter of a search space."""

    def sample(self, rng: Random) -> Any:
        """Draw a value from the parameter's distribution."""

    def contains(self, value: Any) -> bool:
        """Whether the parameter can take this value."""

    def coordinates(self, value: Any) -> int:
        """The number of coordinates that `mutate` can change; 0 if there is no other value."""

    def mutate(self, value: Any, rng: Random) -> Any:
        """Return another value near this one; the same one only if there is no other."""

    def values(self) -> Iterator[Any] | None:
        """Every value, in order; None if they cannot be enumerated."""

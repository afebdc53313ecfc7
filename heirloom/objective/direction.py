"""The direction of one objective, and the bounds that a value has to keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, Optional, TypeVar

_T = TypeVar("_T")

DIRECTIONS = ("maximize", "minimize")
VALUE = "value"  # the name of an objective that was given none


@dataclass(frozen=True)
class Objective:
    """One objective: whether larger or smaller values are better. Values are finite numbers."""

    maximize: bool = True
    name: str = VALUE

    @classmethod
    def parse(cls, direction: str) -> Objective:
        """The objective named `maximize` or `minimize`. Raises ValueError for another name."""
        if direction not in DIRECTIONS:
            raise ValueError(f"an objective is maximize or minimize, not {direction!r}")
        return cls(maximize=direction == "maximize")

    @property
    def direction(self) -> Literal["maximize", "minimize"]:
        """`maximize` or `minimize`."""
        return "maximize" if self.maximize else "minimize"

    def score(self, value: float) -> float:
        """The value on a scale on which larger is better."""
        return value if self.maximize else -value

    def is_better(self, value: float, other: float) -> bool:
        """Whether `value` is strictly better than `other`."""
        return value > other if self.maximize else value < other

    def ranked(self, items: Iterable[_T], value: Callable[[_T], float]) -> list[_T]:
        """The items by `value`, best first. Items of equal value keep their order."""
        return sorted(items, key=lambda item: -self.score(value(item)))

    def best(self, items: Iterable[_T], value: Callable[[_T], float]) -> _T | None:
        """The item with the best value, the first among equals; None if there is no item."""
        return max(items, key=lambda item: self.score(value(item)), default=None)

    def best_so_far(self, values: Iterable[float]) -> list[float]:
        """For each value, the best one up to and including it."""
        return list(accumulate(values, max if self.maximize else min))


@dataclass(frozen=True)
class Constraint:
    """Bounds of the values of one name. None: no bound."""

    name: str
    at_least: Optional[float] = None
    at_most: Optional[float] = None

    def excesses(self, value: float) -> list[float]:
        """How far the value is beyond each bound, relative to the bound; negative within it.

        A bound of 0 counts as 1. So the excesses of several constraints can be added.
        """
        found = []
        if self.at_least is not None:
            found.append((self.at_least - value) / (abs(self.at_least) or 1.0))
        if self.at_most is not None:
            found.append((value - self.at_most) / (abs(self.at_most) or 1.0))
        return found

    def violation(self, value: float) -> float:
        """How far the value is out of bounds; 0 if it is within them."""
        return max(0.0, *self.excesses(value))

"""A measured figure: its values over several runs, and what they are held against."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. It is judged by the median of its values."""

    name: str
    unit: str
    values: tuple[float, ...]  # one a run; never empty
    against: str  # what it compares to
    target: float | None = None
    better: Literal["higher", "lower"] = "lower"

    @property
    def median(self) -> float:
        """The middle of the values."""
        return median(self.values)

    @property
    def met(self) -> bool | None:
        """Whether the median reaches the target; None where there is none."""
        if self.target is None:
            return None
        if self.better == "higher":
            return self.median >= self.target
        return self.median <= self.target

    def to_json(self) -> dict[str, Any]:
        """The figure as plain data."""
        return {
            "name": self.name,
            "unit": self.unit,
            "median": self.median,
            "low": min(self.values),
            "high": max(self.values),
            "values": list(self.values),
            "target": self.target,
            "better": self.better,
            "met": self.met,
            "against": self.against,
        }

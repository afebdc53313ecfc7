"""Several measurements of one quantity: their mean and their spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean, standard deviation and range of `count` values; `std` is None for a single one.

    The standard deviation is that of a sample: the sum of squares is divided by `count` - 1.
    """

    count: int
    mean: float
    std: float | None
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value."""
        std = statistics.stdev(values) if len(values) > 1 else None
        return cls(len(values), statistics.fmean(values), std, min(values), max(values))

    def text(self) -> str:
        """`0.913 ± 0.021`: two digits of the standard deviation, and the same places of the mean.

        Of a single value, five digits.
        """
        if self.std is None:
            return f"{self.mean:.5g}"
        if self.std == 0 or not math.isfinite(self.std):
            return f"{self.mean:.5g} ± {self.std:.2g}"
        places = 1 - math.floor(math.log10(self.std))
        if not 0 <= places <= 8:
            return f"{self.mean:.5g} ± {self.std:.2g}"
        return f"{self.mean:.{places}f} ± {self.std:.{places}f}"

    def facts(self) -> dict[str, float | int | None]:
        """The numbers by name, for JSON and CSV."""
        return {
            "n": self.count,
            "mean": self.mean,
            "std": self.std,
            "min": self.low,
            "max": self.high,
        }

"""The numeric parameters of a search space.

They mean what they mean in NNI (SearchSpaceSpec, releases 1.2 to 2.x): `randint` excludes its upper
bound, and a quantized value is `clip(round(x / q) * q, low, high)`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from ..store.limits.values import finite

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules

STEP = 0.2  # standard deviation of a mutation's step, as a share of the range
MEMORY = 0.9  # share of its distance from mu that a mutated normal value keeps
SMALLEST_SHARE = 1e-12  # quantile of a normal distribution at 7 deviations; at 0 it is infinite
LARGEST_EXPONENT = 700.0  # math.exp overflows slightly above it


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, both included (`randint` has `high + 1`)."""

    low: int
    high: int

    def sample(self, rng: Random) -> int:
        """Draw a number. All are equally likely."""
        return rng.randint(self.low, self.high)

    def share(self, number: float) -> float:
        """The share of the range that lies below a number; 0 or 1 for one beyond the range."""
        width = self.high - self.low
        return min(max((number - self.low) / width, 0.0), 1.0) if width else 0.0

    def contains(self, value: Any) -> bool:
        """Whether the value is a whole number within the bounds."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and self.low <= value <= self.high

    def coordinates(self, value: Any) -> int:
        """1, or 0 if there is only one number."""
        return int(self.high > self.low)

    def mutate(self, value: int, rng: Random) -> int:
        """Return a number nearby, at least 1 away."""
        step = rng.gauss(0.0, STEP * (self.high - self.low))
        length = max(1, round(abs(step)))
        signs = (1, -1) if step >= 0 else (-1, 1)
        moved = (min(max(value + sign * length, self.low), self.high) for sign in signs)
        return next((new for new in moved if new != value), value)

    def multiplied(self, value: int, factor: float) -> int:
        """The number times a factor, at least 1 away, within the bounds."""
        moved = round(value * factor)
        if moved == value:
            moved += 1 if (factor > 1) == (value >= 0) else -1
        return min(max(moved, self.low), self.high)

    def values(self) -> Iterator[int]:
        """All numbers, from the lowest to the highest."""
        return iter(range(self.low, self.high + 1))


@dataclass(frozen=True)
class Real:
    """A real number with a distribution.

    Args:
        a: the lower bound, in the units of the number; if `normal`, the mean of the scale.
        b: the upper bound, or the standard deviation of the scale.
        q: the number is rounded to multiples of it, if given.
        log: whether the scale is the logarithm of the number.
        normal: whether the distribution on the scale is normal, else it is uniform.
    """

    a: float
    b: float
    q: float | None = None
    log: bool = False
    normal: bool = False

    def sample(self, rng: Random) -> float:
        """Draw a number from the distribution."""
        if self.normal:
            return self._number(rng.gauss(self.a, self.b))
        return self._number(rng.uniform(self._scaled(self.a), self._scaled(self.b)))

    def at(self, share: float) -> float:
        """The quantile: the number below which this share (0 to 1) of the distribution lies."""
        if self.normal:
            within = min(max(share, SMALLEST_SHARE), 1 - SMALLEST_SHARE)
            return self._number(NormalDist(self.a, self.b).inv_cdf(within))
        low, high = self._scaled(self.a), self._scaled(self.b)
        return self._number(low + share * (high - low))

    def share(self, number: float) -> float:
        """The inverse of `at`: the share of the distribution that lies below a valid number."""
        scaled = self._scaled(number)
        if self.normal:
            return NormalDist(self.a, self.b).cdf(scaled)
        low, high = self._scaled(self.a), self._scaled(self.b)
        return min(max((scaled - low) / (high - low), 0.0), 1.0) if high > low else 0.0

    def contains(self, value: Any) -> bool:
        """Whether the number is finite, within the bounds and, if quantized, a multiple of `q`."""
        if not finite(value) or not self._low() <= value <= self._high():
            return False
        return self.q is None or value == self._quantized(value)

    def coordinates(self, value: Any) -> int:
        """1, or 0 if quantizing leaves only one number."""
        if self.normal or self.q is None:
            return 1
        return int(self._quantized(self.a) != self._quantized(self.b))

    def mutate(self, value: float, rng: Random) -> float:
        """Return a number nearby on the scale, at least one `q` away if quantized."""
        here = self._scaled(value)
        if self.normal:
            # The pull towards the mean balances the spread, so that a long chain of mutations keeps
            # the distribution of the search space.
            spread = self.b * math.sqrt(1 - MEMORY**2)
            step = (MEMORY - 1) * (here - self.a) + rng.gauss(0.0, spread)
        else:
            step = rng.gauss(0.0, STEP * (self._scaled(self.b) - self._scaled(self.a)))
        moved = (self._number(here + step), self._number(here - step))
        near = (*moved, *(self._neighbour(value, sign) for sign in (1, -1)))
        return next((new for new in near if new != value), value)

    def multiplied(self, value: float, factor: float) -> float:
        """The number times a factor, within the bounds, and at least one `q` away if quantized."""
        moved = self._quantized(value * factor)
        if moved != value or self.q is None:
            return moved
        return self._neighbour(value, 1 if (factor > 1) == (value >= 0) else -1)

    def values(self) -> Iterator[float] | None:
        """The multiples of `q` within the bounds; None without `q` or without bounds."""
        if self.normal or self.q is None:
            return None
        first, last = round(self.a / self.q), round(self.b / self.q)
        return (self._quantized(count * self.q) for count in range(first, last + 1))

    def _low(self) -> float:
        if self.normal:
            return 0.0 if self.log else -math.inf
        return self.a

    def _high(self) -> float:
        return math.inf if self.normal else self.b

    def _scaled(self, number: float) -> float:
        if not self.log:
            return number
        # Quantizing can round a positive number to 0, which has no logarithm.
        return math.log(number if number > 0 else (self.q or 1.0) / 2)

    def _number(self, scaled: float) -> float:
        number = math.exp(min(scaled, LARGEST_EXPONENT)) if self.log else scaled
        return self._quantized(number)

    def _quantized(self, number: float) -> float:
        number = self._clipped(number)
        # Clip again after rounding: a bound need not be a multiple of q.
        return number if self.q is None else self._clipped(round(number / self.q) * self.q)

    def _clipped(self, number: float) -> float:
        return float(min(max(number, self._low()), self._high()))

    def _neighbour(self, value: float, sign: int) -> float:
        if self.q is None:
            return self._quantized(math.nextafter(value, sign * math.inf))
        return self._quantized((round(value / self.q) + sign) * self.q)

"""The numeric parameters of a search space.

Their meaning is NNI's (SearchSpaceSpec, releases 1.2 to 2.x): `randint` leaves its upper bound out,
and a quantized value is `clip(round(x / q) * q, low, high)`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from statistics import NormalDist
from typing import Any

STEP = 0.2  # typical length of a mutation's step, as a share of the range
MEMORY = 0.9  # how much of its distance from mu a mutated normal value keeps
SMALLEST_SHARE = 1e-12  # of a normal distribution: 7 deviations; the ends themselves are infinite
LARGEST_EXPONENT = 700.0  # math.exp overflows a little above


@dataclass(frozen=True)
class Integer:
    """A whole number from `low` to `high`, both included (`randint` names `high + 1`)."""

    low: int
    high: int

    def sample(self, rng: Random) -> int:
        """Each number is as likely as the next."""
        return rng.randint(self.low, self.high)

    def contains(self, value: Any) -> bool:
        """Whether the value is a whole number within the bounds."""
        whole = isinstance(value, int) and not isinstance(value, bool)
        return whole and self.low <= value <= self.high

    def coordinates(self, value: Any) -> int:
        """1, or 0 where the bounds leave one number only."""
        return int(self.high > self.low)

    def mutate(self, value: int, rng: Random) -> int:
        """A number nearby, at least one away."""
        step = rng.gauss(0.0, STEP * (self.high - self.low))
        length = max(1, round(abs(step)))
        signs = (1, -1) if step >= 0 else (-1, 1)
        moved = (min(max(value + sign * length, self.low), self.high) for sign in signs)
        return next((new for new in moved if new != value), value)

    def values(self) -> Iterator[int]:
        """From the lowest number to the highest."""
        return iter(range(self.low, self.high + 1))


@dataclass(frozen=True)
class Real:
    """A number with a distribution: uniform from `a` to `b` or normal with mean `a` and deviation
    `b`, of the number itself or (`log`) of its logarithm, rounded to multiples of `q` if given.
    """

    a: float  # for a uniform one in the number's own units; for a normal one in the scale's
    b: float
    q: float | None = None
    log: bool = False
    normal: bool = False

    def sample(self, rng: Random) -> float:
        """A draw from the distribution."""
        if self.normal:
            return self._number(rng.gauss(self.a, self.b))
        return self._number(rng.uniform(self._scaled(self.a), self._scaled(self.b)))

    def at(self, share: float) -> float:
        """The number below which this share (0 to 1) of the distribution lies."""
        if self.normal:
            within = min(max(share, SMALLEST_SHARE), 1 - SMALLEST_SHARE)
            return self._number(NormalDist(self.a, self.b).inv_cdf(within))
        low, high = self._scaled(self.a), self._scaled(self.b)
        return self._number(low + share * (high - low))

    def contains(self, value: Any) -> bool:
        """Whether the number is finite, within the bounds and, if quantized, a multiple of `q`."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        if not math.isfinite(value) or not self._low() <= value <= self._high():
            return False
        return self.q is None or value == self._quantized(value)

    def coordinates(self, value: Any) -> int:
        """1, or 0 where quantizing leaves one number only."""
        if self.normal or self.q is None:
            return 1
        return int(self._quantized(self.a) != self._quantized(self.b))

    def mutate(self, value: float, rng: Random) -> float:
        """A number nearby on the distribution's own scale, at least one `q` away if quantized."""
        here = self._scaled(value)
        if self.normal:
            # Pulled towards the mean as strongly as it is spread, so that a long line of mutations
            # keeps the distribution that the file asks for.
            spread = self.b * math.sqrt(1 - MEMORY**2)
            step = (MEMORY - 1) * (here - self.a) + rng.gauss(0.0, spread)
        else:
            step = rng.gauss(0.0, STEP * (self._scaled(self.b) - self._scaled(self.a)))
        moved = (self._number(here + step), self._number(here - step))
        near = (*moved, *(self._neighbour(value, sign) for sign in (1, -1)))
        return next((new for new in near if new != value), value)

    def values(self) -> Iterator[float] | None:
        """The multiples of `q` within the bounds; None where there is no `q` or are no bounds."""
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
        # Again after rounding: an end need not be a multiple of q.
        return number if self.q is None else self._clipped(round(number / self.q) * self.q)

    def _clipped(self, number: float) -> float:
        return float(min(max(number, self._low()), self._high()))

    def _neighbour(self, value: float, sign: int) -> float:
        if self.q is None:
            return self._quantized(math.nextafter(value, sign * math.inf))
        return self._quantized((round(value / self.q) + sign) * self.q)

"""Draw random values, one function for each type of NNI's search space.

`random_state` is a numpy RandomState, as in NNI, a numpy Generator, or a `random.Random`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Union


def choice(options: Union[int, Sequence[Any]], random_state: Any) -> Any:
    """One of the options, or an integer from 0 to `options` - 1."""
    if isinstance(options, int):
        return randint(0, options, random_state)
    return options[randint(0, len(options), random_state)]


def randint(lower: int, upper: int, random_state: Any) -> int:
    """An integer from `lower` to `upper` - 1."""
    for name in ("integers", "randrange", "randint"):  # Generator, random.Random, RandomState
        draw = getattr(random_state, name, None)
        if draw is not None:
            return int(draw(lower, upper))
    raise TypeError(f"{type(random_state).__name__} cannot draw numbers: pass a numpy RandomState")


def uniform(low: float, high: float, random_state: Any) -> float:
    """A number from `low` to `high`. Raises AssertionError unless `low` < `high`."""
    assert high > low, "Upper bound must be larger than lower bound"
    return float(random_state.uniform(low, high))


def quniform(low: float, high: float, q: float, random_state: Any) -> float:
    """A multiple of `q` from `low` to `high`, or one of these bounds."""
    return _between(low, high, _step(uniform(low, high, random_state), q))


def loguniform(low: float, high: float, random_state: Any) -> float:
    """A number from `low` to `high` whose logarithm is uniform. Raises as `uniform` does."""
    assert low > 0, "Lower bound must be positive"
    return math.exp(uniform(math.log(low), math.log(high), random_state))


def qloguniform(low: float, high: float, q: float, random_state: Any) -> float:
    """`loguniform` rounded to a multiple of `q`, or one of the bounds."""
    return _between(low, high, _step(loguniform(low, high, random_state), q))


def normal(mu: float, sigma: float, random_state: Any) -> float:
    """A normal number with mean `mu` and standard deviation `sigma`."""
    draw = getattr(random_state, "normal", None) or random_state.normalvariate
    return float(draw(mu, sigma))


def qnormal(mu: float, sigma: float, q: float, random_state: Any) -> float:
    """`normal` rounded to a multiple of `q`."""
    return _step(normal(mu, sigma, random_state), q)


def lognormal(mu: float, sigma: float, random_state: Any) -> float:
    """A number whose logarithm is `normal`."""
    return math.exp(normal(mu, sigma, random_state))


def qlognormal(mu: float, sigma: float, q: float, random_state: Any) -> float:
    """`lognormal` rounded to a multiple of `q`."""
    return _step(lognormal(mu, sigma, random_state), q)


def _step(value: float, q: float) -> float:
    return float(round(value / q) * q)


def _between(low: float, high: float, value: float) -> float:
    return float(min(max(value, low), high))

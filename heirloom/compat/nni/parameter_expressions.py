"""Values drawn at random, one function for each type of NNI's search space.

`random_state` is a numpy RandomState, as NNI has it, or a numpy Generator, or a `random.Random`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Union


def choice(options: Union[int, Sequence[Any]], random_state: Any) -> Any:
    """One of the options, or a whole number below `options`."""
    if isinstance(options, int):
        return randint(0, options, random_state)
    return options[randint(0, len(options), random_state)]


def randint(lower: int, upper: int, random_state: Any) -> int:
    """A whole number from `lower` up, below `upper`."""
    for name in ("integers", "randrange", "randint"):  # Generator, random.Random, RandomState
        draw = getattr(random_state, name, None)
        if draw is not None:
            return int(draw(lower, upper))
    raise TypeError(f"{type(random_state).__name__} draws no numbers: give a numpy RandomState")


def uniform(low: float, high: float, random_state: Any) -> float:
    """A number between both. Raises AssertionError unless `low` is below `high`."""
    assert high > low, "Upper bound must be larger than lower bound"
    return float(random_state.uniform(low, high))


def quniform(low: float, high: float, q: float, random_state: Any) -> float:
    """A multiple of `q` between both, or a bound itself."""
    return _between(low, high, _step(uniform(low, high, random_state), q))


def loguniform(low: float, high: float, random_state: Any) -> float:
    """A number between both, evenly on its logarithm. Raises AssertionError as `uniform`."""
    assert low > 0, "Lower bound must be positive"
    return math.exp(uniform(math.log(low), math.log(high), random_state))


def qloguniform(low: float, high: float, q: float, random_state: Any) -> float:
    """A multiple of `q` between both, evenly on its logarithm, or a bound itself."""
    return _between(low, high, _step(loguniform(low, high, random_state), q))


def normal(mu: float, sigma: float, random_state: Any) -> float:
    """A number around `mu`, with standard deviation `sigma`."""
    draw = getattr(random_state, "normal", None) or random_state.normalvariate
    return float(draw(mu, sigma))


def qnormal(mu: float, sigma: float, q: float, random_state: Any) -> float:
    """A multiple of `q` around `mu`."""
    return _step(normal(mu, sigma, random_state), q)


def lognormal(mu: float, sigma: float, random_state: Any) -> float:
    """A number whose logarithm is normal."""
    return math.exp(normal(mu, sigma, random_state))


def qlognormal(mu: float, sigma: float, q: float, random_state: Any) -> float:
    """A multiple of `q` near a number whose logarithm is normal."""
    return _step(lognormal(mu, sigma, random_state), q)


def _step(value: float, q: float) -> float:
    return float(round(value / q) * q)


def _between(low: float, high: float, value: float) -> float:
    return float(min(max(value, low), high))

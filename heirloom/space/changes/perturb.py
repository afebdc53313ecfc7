"""Perturbation of params, as population based training explores."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..dimension import Dimension
from ..forms import NAME
from ..numbers import Integer, Real
from ..space import Choice, Nested, Space

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules


def perturb(
    space: Space,
    params: Mapping[str, Any],
    rng: Random,
    *,
    resample: float,
    factors: Sequence[float],
) -> dict[str, Any]:
    """Return params of which each is multiplied by a random one of `factors`, or drawn anew.

    Of a choice, the option beside it is taken: the next one for a factor above 1, else the one
    before. A nested option stays chosen, and its parameters are perturbed. Params that are missing
    or invalid are drawn.

    resample: the probability that a parameter is drawn anew.
    """
    found = {}
    for name, dimension in space.dimensions.items():
        is_valid = name in params and dimension.contains(params[name])
        if not is_valid or rng.random() < resample:
            found[name] = dimension.sample(rng)
        else:
            found[name] = _perturbed(dimension, params[name], rng, resample, factors)
    return copy.deepcopy(found)


def _perturbed(
    dimension: Dimension, value: Any, rng: Random, resample: float, factors: Sequence[float]
) -> Any:
    if isinstance(dimension, (Integer, Real)):
        return dimension.multiplied(value, rng.choice(factors))
    assert isinstance(dimension, Choice)  # there are no other dimensions
    index = dimension.index(value)
    option = dimension.options[index]
    if isinstance(option, Nested):
        inner = perturb(option.space, value, rng, resample=resample, factors=factors)
        return {NAME: option.name, **inner}
    beside = index + (1 if rng.choice(factors) > 1 else -1)
    other = dimension.options[min(max(beside, 0), len(dimension.options) - 1)]
    return value if isinstance(other, Nested) else other

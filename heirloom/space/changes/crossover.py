"""The crossover of two candidates."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Optional

from ..dimension import Dimension
from ..forms import NAME
from ..space import Choice, Nested, Space

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules


def crossover(
    space: Space, one: Mapping[str, Any], other: Mapping[str, Any], rng: Random
) -> dict[str, Any]:
    """Return params that have each value from one of two candidates, at random (uniform crossover).

    Where both have chosen the same nested option, its parameters are crossed. A value of `other`
    that is not in the space is not taken.
    """
    new: dict[str, Any] = {}
    for name, dimension in space.dimensions.items():
        option = _common_option(dimension, one.get(name), other.get(name))
        if option is not None:
            inner = crossover(option.space, one[name], other[name], rng)
            new[name] = {NAME: option.name, **inner}
            continue
        takes_other = rng.random() < 0.5 and dimension.contains(other.get(name))
        if takes_other or name in one:
            new[name] = (other if takes_other else one)[name]
    return copy.deepcopy(new)


def _common_option(dimension: Dimension, one: Any, other: Any) -> Optional[Nested]:
    """The nested option that both values have chosen, if so."""
    if not isinstance(dimension, Choice) or not (isinstance(one, dict) and isinstance(other, dict)):
        return None
    nested = [option for option in dimension.options if isinstance(option, Nested)]
    chosen = [option for option in nested if option.name == one.get(NAME) == other.get(NAME)]
    return chosen[0] if chosen else None

"""The parent of a trial whose tuner names none: the committed trial with the nearest params.

The distance of two trials is the mean over their parameters: 0 or 1 for a choice, the difference
as a share of the range for a number, on a logarithmic scale where its type has one, and 1 for a
parameter that one of the two lacks, such as one of a nested option. For a normal distribution,
which has no range, the share of it that lies between the two numbers counts. A value that the space
does not describe counts as a choice.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any, NamedTuple

from controller.core.model import Params, Rules, Trial
from controller.core.ranking import best_trials
from heirloom.space import Space
from heirloom.space.dimension import Dimension
from heirloom.space.forms import NAME
from heirloom.space.numbers import Integer, Real
from heirloom.space.space import Choice, Nested
from heirloom.store.limits.values import finite

_DIGITS = 12


class Neighbour(NamedTuple):
    """A trial, and its distance from another one: 0 to 1."""

    trial: int
    distance: float


@dataclass(frozen=True, slots=True)
class _Code:
    """Params in a form in which distances are computed fast."""

    parameters: int  # a bit for each parameter
    values: int  # a bit for each choice with its value, and for each number
    numbers: int  # the bits of the numbers
    shares: tuple[float, ...]  # of their ranges, by name
    by_bit: Mapping[int, float]  # the same by bit


class Nearest:
    """Finds nearest trials. Remembers the params of trials in a form for fast comparison.

    A search takes time linear in the number of candidates.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._space = rules.space or Space({})
        self._bits: dict[tuple[str, ...], int] = {}
        self._codes: dict[int, _Code] = {}

    def choose(
        self, trials: Sequence[Trial], trial: Trial, standing: Iterable[int]
    ) -> Neighbour | None:
        """The nearest of the `standing` trials, or None if none is within the limit.

        Only earlier trials are considered, and not one that this trial repeats. Among equally near
        ones the better one is chosen, then the one with the smaller id.
        """
        repeated = _repeated(trials, trial)
        nearest: list[int] = []
        least = self._rules.inherit_limit
        mine = self._code(trial)
        for number in standing:
            if number >= trial.id or number in repeated:
                continue
            distance = _distance(mine, self._codes.get(number) or self._code(trials[number]), least)
            if distance < least:
                nearest = [number]
                least = distance
            elif distance == least:
                nearest.append(number)
        if not nearest:
            return None
        best = best_trials([trials[number] for number in nearest], self._rules, 1)
        return Neighbour(best[0] if best else min(nearest), least)

    def _code(self, trial: Trial) -> _Code:
        code = self._codes.get(trial.id)
        if code is None:
            code = self._codes[trial.id] = self._encoded(trial.params)
        return code

    def _encoded(self, params: Params) -> _Code:
        parameters = values = numbers = 0
        by_bit: dict[int, float] = {}
        for path, value in sorted(_flat(self._space, params, ())):
            parameters |= self._bit(path)
            if isinstance(value, str):
                values |= self._bit((*path, "=", value))
                continue
            bit = self._bit((*path, "number"))
            numbers |= bit
            by_bit[bit] = value
        return _Code(parameters, values | numbers, numbers, tuple(by_bit.values()), by_bit)

    def _bit(self, name: tuple[str, ...]) -> int:
        return self._bits.setdefault(name, 1 << len(self._bits))


def _distance(one: _Code, other: _Code, limit: float) -> float:
    """The distance. If it is above `limit`, any number above `limit`."""
    count = (one.parameters | other.parameters).bit_count()
    if not count:
        return 0.0
    different = count - (one.values & other.values).bit_count()  # as if all numbers were equal
    if different / count > limit:
        return different / count
    if one.numbers == other.numbers:
        return _mean(different, map(abs, map(sub, one.shares, other.shares)), count)
    both = [(share, other.by_bit.get(bit)) for bit, share in one.by_bit.items()]
    return _mean(different, (abs(a - b) for a, b in both if b is not None), count)


def _mean(different: int, differences: Iterable[float], count: int) -> float:
    """The mean, rounded, so that distances that are equal on paper are equal."""
    return round((different + sum(differences)) / count, _DIGITS)


def _flat(
    space: Space, params: Params, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str | float]]:
    """The parameters by path: a number as its share of the range, a choice as text."""
    for name, value in params.items():
        here, dimension = (*path, name), space.dimensions.get(name)
        if isinstance(dimension, Integer | Real) and finite(value):
            yield here, dimension.share(value)
            continue
        option = _nested(dimension, value)
        if option is None:
            yield here, json.dumps(value, sort_keys=True)
        else:
            yield here, json.dumps({NAME: option.name})
            inner = {key: value[key] for key in value if key != NAME}
            yield from _flat(option.space, inner, (*here, option.name))


def _nested(dimension: Dimension | None, value: Any) -> Nested | None:
    """The nested option that is chosen, or None."""
    if not isinstance(dimension, Choice) or not isinstance(value, Mapping):
        return None
    nested = (option for option in dimension.options if isinstance(option, Nested))
    return next((option for option in nested if option.name == value.get(NAME)), None)


def _repeated(trials: Sequence[Trial], trial: Trial) -> Collection[int]:
    """The trials that a requested retry repeats: it would start from its own result."""
    found: set[int] = set()
    while trial.retry_of is not None:
        found.add(trial.retry_of)
        trial = trials[trial.retry_of]
    return found

"""A search space with nested choices, and the operations of tuners on it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dimension import Dimension
from .forms import NAME

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules

_NOT_ENUMERABLE = (
    "grid needs values that can be enumerated: use choice, randint, quniform or qloguniform here, "
    "or another tuner"
)


@dataclass(frozen=True)
class Space:
    """The parameters of a search by name, in the order of the file."""

    dimensions: Mapping[str, Dimension]


def sample(space: Space, rng: Random) -> dict[str, Any]:
    """Draw params from the space: plain JSON, nested options in NNI's form."""
    drawn = {name: dimension.sample(rng) for name, dimension in space.dimensions.items()}
    return copy.deepcopy(drawn)


def contains(space: Space, params: Mapping[str, Any]) -> bool:
    """Whether the params have a valid value for every parameter, and nothing else."""
    dimensions = space.dimensions
    return params.keys() == dimensions.keys() and all(
        dimension.contains(params[name]) for name, dimension in dimensions.items()
    )


def mutate(space: Space, params: Mapping[str, Any], rng: Random) -> dict[str, Any]:
    """Return params that differ in one coordinate. All coordinates are equally likely.

    The choice of an option is a coordinate, and so is every parameter of a chosen nested option.
    Params that are missing or invalid are drawn at random in addition. If the space has only one
    candidate, that one is returned.
    """
    dimensions = space.dimensions
    new = {
        name: params[name]
        if name in params and dimension.contains(params[name])
        else dimension.sample(rng)
        for name, dimension in dimensions.items()
    }
    weights = [dimension.coordinates(new[name]) for name, dimension in dimensions.items()]
    if any(weights):
        [name] = rng.choices(list(dimensions), weights)
        new[name] = dimensions[name].mutate(new[name], rng)
    return copy.deepcopy(new)


def grid(space: Space) -> Iterator[dict[str, Any]]:
    """Iterate over every candidate of a space; the last parameter changes fastest.

    Raises ValueError if `endless` finds a parameter.
    """
    problems = endless(space)
    if problems:
        raise ValueError("; ".join(f"{'.'.join(path)}: {text}" for path, text in problems))
    return _combined(list(space.dimensions.items()))


def endless(space: Space) -> list[tuple[tuple[str, ...], str]]:
    """Parameters whose values cannot be enumerated, by path, with the text of a message."""
    found: list[tuple[tuple[str, ...], str]] = []
    for name, dimension in space.dimensions.items():
        if isinstance(dimension, Choice):
            for option in dimension.options:
                inner = endless(option.space) if isinstance(option, Nested) else []
                found += [((name, option.name, *path), why) for path, why in inner]
        elif dimension.values() is None:
            found.append(((name,), _NOT_ENUMERABLE))
    return found


def _combined(items: list[tuple[str, Dimension]]) -> Iterator[dict[str, Any]]:
    if not items:
        yield {}
        return
    (name, dimension), rest = items[0], items[1:]
    for value in dimension.values() or ():
        for others in _combined(rest):
            yield {name: copy.deepcopy(value), **others}


@dataclass(frozen=True)
class Nested:
    """An option with parameters of its own, which exist only if it is chosen.

    In params it has NNI's form: `{"_name": "conv", "kernel": 3}`.
    """

    name: str
    space: Space

    def sample(self, rng: Random) -> dict[str, Any]:
        """Draw values for the option's parameters."""
        return {NAME: self.name, **sample(self.space, rng)}

    def contains(self, value: Mapping[str, Any]) -> bool:
        """Whether the option's parameters have valid values."""
        return contains(self.space, _inner(value))

    def coordinates(self, value: Mapping[str, Any]) -> int:
        """The sum over the option's parameters."""
        dimensions = self.space.dimensions
        return sum(dimension.coordinates(value[name]) for name, dimension in dimensions.items())

    def mutate(self, value: Mapping[str, Any], rng: Random) -> dict[str, Any]:
        """Change one of the option's parameters."""
        return {NAME: self.name, **mutate(self.space, _inner(value), rng)}

    def values(self) -> Iterator[dict[str, Any]]:
        """The option with every combination of values."""
        return ({NAME: self.name, **point} for point in grid(self.space))


@dataclass(frozen=True)
class Choice:
    """One of several options: plain JSON values, or named nested spaces."""

    options: tuple[Any, ...]  # plain JSON values and `Nested`

    def sample(self, rng: Random) -> Any:
        """Draw an option, and values for the parameters of a nested one."""
        return _drawn(rng.choice(self.options), rng)

    def contains(self, value: Any) -> bool:
        """Whether the value is an option, or a valid value of a nested one."""
        return any(
            option.contains(value) if isinstance(option, Nested) else True
            for option in self.options
            if _is(option, value)
        )

    def index(self, value: Any) -> int:
        """The index of the option that a valid value is, or is a value of."""
        return next(at for at, option in enumerate(self.options) if _is(option, value))

    def coordinates(self, value: Any) -> int:
        """1 for the choice itself, plus those of a chosen nested option."""
        chosen, others = self._split(value)
        return bool(others) + (chosen.coordinates(value) if chosen else 0)

    def mutate(self, value: Any, rng: Random) -> Any:
        """Choose another option, or change a parameter of the chosen nested one.

        Another nested option keeps the values of parameters that both options have.
        """
        chosen, others = self._split(value)
        inside = chosen.coordinates(value) if chosen else 0
        if chosen and rng.randrange(max(1, inside + bool(others))) < inside:
            return chosen.mutate(value, rng)
        return _kept(value, rng.choice(others), rng) if others else value

    def values(self) -> Iterator[Any]:
        """Every option; nested ones with every combination of values."""
        for option in self.options:
            if isinstance(option, Nested):
                yield from option.values()
            else:
                yield option

    def _split(self, value: Any) -> tuple[Nested | None, list[Any]]:
        """The chosen option if it is nested, and all options that are not chosen."""
        chosen = next((one for one in self.options if _is(one, value)), None)
        others = [option for option in self.options if not _is(option, value)]
        return chosen if isinstance(chosen, Nested) else None, others


def _is(option: Any, value: Any) -> bool:
    """Whether a value is this option, compared as JSON (true is not 1)."""
    if isinstance(option, Nested):
        return isinstance(value, Mapping) and value.get(NAME) == option.name
    return json.dumps(option, sort_keys=True) == json.dumps(value, sort_keys=True)


def _drawn(option: Any, rng: Random) -> Any:
    return option.sample(rng) if isinstance(option, Nested) else option


def _kept(value: Any, option: Any, rng: Random) -> Any:
    """Draw an option, with the values of `value` where they are valid."""
    drawn = _drawn(option, rng)
    if not isinstance(option, Nested) or not isinstance(value, Mapping):
        return drawn
    valid = {
        name: value[name]
        for name, dimension in option.space.dimensions.items()
        if name in value and dimension.contains(value[name])
    }
    return {**drawn, **valid}


def _inner(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: inner for key, inner in value.items() if key != NAME}

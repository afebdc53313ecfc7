"""Compare params that a user gives with a search space: which of them do not fit, and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Optional

from .dimension import Dimension
from .errors import Mistake
from .forms import NAME
from .network.dimension import Layers
from .numbers import Integer, Real
from .space import Choice, Nested, Space


def mismatches(space: Space, params: Mapping[str, Any]) -> list[Mistake]:
    """Why params are no candidate of the space: by the path of a parameter, the text of a message.

    Empty exactly if `contains` is true.
    """
    found: list[Mistake] = [
        ((str(name),), f"the search space has no such parameter; it has {_listed(space)}")
        for name in params
        if name not in space.dimensions
    ]
    for name, dimension in space.dimensions.items():
        if name not in params:
            found.append(((name,), f"missing: give {_described(dimension)}"))
        elif not dimension.contains(params[name]):
            found += _inside(name, dimension, params[name])
    return found


def fingerprint(params: Any) -> str:
    """A short text that is equal for equal params. Numbers compare by value: 1 equals 1.0.

    A tuner keeps one of each candidate. Two different ones are equal with a probability below
    1e-9 among 100,000.
    """
    text = json.dumps(_normal(params), sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _normal(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _normal(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_normal(inner) for inner in value]
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _inside(name: str, dimension: Dimension, value: Any) -> list[Mistake]:
    """The mismatches of one parameter, in its nested option where one is chosen."""
    if isinstance(dimension, Layers):
        return [((name, *path), text) for path, text in dimension.mistakes(value)]
    option = _chosen(dimension, value)
    if option is None:
        shown = json.dumps(value) if isinstance(value, (str, bool, dict, list)) else f"{value}"
        return [((name,), f"must be {_described(dimension)}, not {shown[:60]}")]
    inner = {key: each for key, each in value.items() if key != NAME}
    return [((name, *path), text) for path, text in mismatches(option.space, inner)]


def _chosen(dimension: Dimension, value: Any) -> Optional[Nested]:
    if not isinstance(dimension, Choice) or not isinstance(value, Mapping):
        return None
    nested = (option for option in dimension.options if isinstance(option, Nested))
    return next((option for option in nested if option.name == value.get(NAME)), None)


def _described(dimension: Dimension) -> str:
    if isinstance(dimension, Integer):
        return f"a whole number from {dimension.low} to {dimension.high}"
    if isinstance(dimension, Real):
        step = "" if dimension.q is None else f" in steps of {dimension.q:g}"
        if dimension.normal:
            return f"a number{' above 0' if dimension.log else ''}{step}"
        return f"a number from {dimension.a:g} to {dimension.b:g}{step}"
    if isinstance(dimension, Layers):
        shape = list(dimension.input)
        return f"a network for images of {shape} and {dimension.classes} classes"
    assert isinstance(dimension, Choice)
    options = [
        f"{{{NAME}: {option.name}, …}}" if isinstance(option, Nested) else json.dumps(option)
        for option in dimension.options
    ]
    return f"one of {', '.join(options)}"[:200]


def _listed(space: Space) -> str:
    return ", ".join(space.dimensions)[:200] or "none"

"""The two forms of a search space: NNI's, and a short one.

| NNI's form | short form |
|---|---|
| `{"_type": "uniform", "_value": [0, 1]}` | `{"uniform": [0, 1]}`, and so on for each type |
| `{"_type": "choice", "_value": [1, 2]}` | `[1, 2]` or `{"choice": [1, 2]}` |
| `{"_type": "layers", "_value": {"input": [3, 32, 32], "classes": 10}}` | `{"layers": {…}}` |

A space may mix both. Options of a choice are values as they are. Only an option with `_name` has
parameters of its own, each in one of the two forms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Optional

NAME = "_name"  # NNI's key for the name of a nested option
TYPE, VALUE = "_type", "_value"
TYPES = (
    "choice",
    "randint",
    "uniform",
    "quniform",
    "loguniform",
    "qloguniform",
    "normal",
    "qnormal",
    "lognormal",
    "qlognormal",
)
LAYERS = "layers"  # a type of ours, whose value is a mapping


def expand(space: Mapping[str, Any]) -> dict[str, Any]:
    """The space in NNI's form. A parameter that has neither form is left as it is."""
    return {name: _expanded(spec) for name, spec in space.items()}


def shorten(space: Mapping[str, Any]) -> dict[str, Any]:
    """The space in the short form, where that says the same. `expand` is the inverse.

    NNI's form stays for types of a user's own, and for a choice with an option that
    `is_like_parameter`.
    """
    return {name: _shortened(spec) for name, spec in space.items()}


def short_form(spec: Any) -> Optional[tuple[str, Any]]:
    """The type and the value of a parameter in the short form; None for anything else."""
    if isinstance(spec, list):
        return "choice", spec
    if isinstance(spec, Mapping) and len(spec) == 1:
        [(kind, value)] = spec.items()
        if has_value(kind, value):
            return kind, value
    return None


def has_value(kind: Any, value: Any) -> bool:
    """Whether a type is known, and a value is what its type needs: a list, or a mapping."""
    return (
        isinstance(value, Mapping) if kind == LAYERS else kind in TYPES and isinstance(value, list)
    )


def value_key(spec: Any) -> tuple[str, ...]:
    """The keys from a parameter, in either form, to its value."""
    short = short_form(spec)
    if short is None:
        return (VALUE,)
    return () if isinstance(spec, list) else (short[0],)


def is_like_parameter(option: Any) -> bool:
    """Whether an option looks like a parameter, or like several without `_name`.

    Such an option in the short form is probably a mistake.
    """
    if not isinstance(option, Mapping) or NAME in option:
        return False
    return _is_parameter(option) or any(map(_is_parameter, option.values()))


def _is_parameter(spec: Any) -> bool:
    short = short_form(spec)
    is_short = short is not None and short[0] != LAYERS  # which is not allowed in an option
    return isinstance(spec, Mapping) and (TYPE in spec or is_short)


def _expanded(spec: Any) -> Any:
    short = short_form(spec)
    if short is not None:
        kind, value = short
    elif _is_choice(spec):
        kind, value = "choice", spec[VALUE]
    else:
        return spec
    options = [_nested(option, _expanded) for option in value] if kind == "choice" else value
    return {TYPE: kind, VALUE: options}


def _shortened(spec: Any) -> Any:
    if _is_choice(spec):
        options = [_nested(option, _shortened) for option in spec[VALUE]]
        is_plain = not any(map(is_like_parameter, options))
        return options if is_plain else {TYPE: "choice", VALUE: options}
    if _has_known_type(spec):
        return {spec[TYPE]: spec[VALUE]}
    return spec


def _nested(option: Any, convert: Callable[[Any], Any]) -> Any:
    """An option. If it has a name, its parameters are converted."""
    if not isinstance(option, Mapping) or NAME not in option:
        return option
    return {key: value if key == NAME else convert(value) for key, value in option.items()}


def _is_choice(spec: Any) -> bool:
    return _has_known_type(spec) and spec[TYPE] == "choice"


def _has_known_type(spec: Any) -> bool:
    return (
        isinstance(spec, Mapping)
        and spec.keys() == {TYPE, VALUE}
        and has_value(spec[TYPE], spec[VALUE])
    )

"""Parses a search space, in NNI's form or the short one, and lists its mistakes."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import Any, Optional

from ..store.limits.values import finite
from .dimension import Dimension
from .errors import Mistake, Path, SpaceError
from .forms import LAYERS, NAME, TYPES, has_value, is_like_parameter, short_form, value_key
from .network.dimension import VALUE_OF_LAYERS, Layers, declared
from .numbers import Integer, Real
from .space import Choice, Nested, Space

_NOT_DRAWN = (
    "a network cannot be drawn from a distribution: choose a tuner that changes networks, such as "
    "large_scale_evolution"
)

LARGEST = 1e100  # larger numbers overflow in the arithmetic of a mutation


def parse(space: Mapping[str, Any], *, layers: bool = False) -> Space:
    """Parse a search space. Raises SpaceError, which lists every mistake.

    layers: whether parameters of the type `layers` are allowed. They are for tuners that change
        networks, since a network cannot be drawn.
    """
    mistakes: list[Mistake] = []
    parsed = _space(space, (), mistakes)
    if not layers:
        mistakes += [
            ((name,), _NOT_DRAWN)
            for name, dimension in parsed.dimensions.items()
            if isinstance(dimension, Layers)
        ]
    if mistakes:
        raise SpaceError(mistakes)
    return parsed


def _space(space: Any, path: Path, mistakes: list[Mistake]) -> Space:
    if not isinstance(space, Mapping):
        mistakes.append((path, f"a search space must map names to parameters, not {_short(space)}"))
        return Space({})
    dimensions = {}
    for name, spec in space.items():
        if not isinstance(name, str):
            mistakes.append((path, f"the parameter's name {name!r} must be text: put it in quotes"))
            continue
        dimension = _dimension(spec, (*path, name), mistakes)
        if dimension is not None:
            dimensions[name] = dimension
    return Space(dimensions)


def _dimension(spec: Any, path: Path, mistakes: list[Mistake]) -> Dimension | None:
    short = short_form(spec)
    if short is not None:
        kind, value = short
        path = (*path, *value_key(spec))
        if kind == "choice" and (unclear := _unclear(value, path)):
            mistakes += unclear
            return None
        return _READERS[kind](kind, value, path, mistakes)
    if not isinstance(spec, Mapping):
        mistakes.append((path, f"a parameter must be {_FORMS}, not {_short(spec)}; {_known()}"))
        return None
    if "_type" not in spec and "_value" not in spec:
        mistakes += _short_mistakes(spec, path)
        return None
    for key in spec:
        if key not in ("_type", "_value"):
            mistakes.append(
                ((*path, key), f"unknown key `{key}`: a parameter has `_type` and `_value`")
            )
    missing = [key for key in ("_type", "_value") if key not in spec]
    if missing:
        mistakes.append((path, f"`{'` and `'.join(missing)}` missing: {{_type: …, _value: […]}}"))
        return None
    kind, value = spec["_type"], spec["_value"]
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    if reader is None:
        mistakes.append(((*path, "_type"), _unknown_type(kind)))
        return None
    if not has_value(kind, value):
        mistakes.append(((*path, "_value"), _wrong_value(kind, value)))
        return None
    return reader(kind, value, (*path, "_value"), mistakes)


def _short_mistakes(spec: Mapping[str, Any], path: Path) -> list[Mistake]:
    """What is wrong with a mapping that is a parameter in neither form."""
    kinds = [kind for kind in spec if kind in (*TYPES, LAYERS)]
    if NAME in spec:
        text = f"an option with `{NAME}` must be in the list of a choice: [{{{NAME}: conv, …}}]"
        return [(path, text)]
    if len(kinds) > 1:
        return [(path, f"a parameter has one type, not {' and '.join(kinds)}")]
    if len(kinds) == 1 and len(spec) > 1:
        text = f"a parameter in the short form has one key, its type: {{{kinds[0]}: […]}}"
        return [((*path, key), f"unknown key `{key}`: {text}") for key in spec if key not in kinds]
    if len(kinds) == 1:
        return [((*path, kinds[0]), _wrong_value(kinds[0], spec[kinds[0]]))]
    if len(spec) == 1:
        [kind] = spec
        return [((*path, kind), _unknown_type(kind))]
    return [(path, f"a parameter must be {_FORMS}, not {_short(spec)}; {_known()}")]


def _unclear(options: list[Any], path: Path) -> list[Mistake]:
    """The options of a choice in the short form that may be meant as parameters."""
    text = (
        f'an option with parameters needs a name: {{"{NAME}": "conv", …}}. If the mapping itself '
        "is the value, write the choice as {_type: choice, _value: […]}"
    )
    return [
        ((*path, index), text) for index, option in enumerate(options) if is_like_parameter(option)
    ]


def _choice(kind: str, value: list[Any], path: Path, mistakes: list[Mistake]) -> Choice | None:
    if not value:
        mistakes.append((path, "choice needs at least one option"))
        return None
    options: list[Any] = []
    for index, option in enumerate(value):
        here = (*path, index)
        if isinstance(option, Mapping) and NAME in option:
            options.append(_nested(option, options, here, mistakes))
        elif isinstance(option, Mapping) and any(
            isinstance(inner, Mapping) and "_type" in inner for inner in option.values()
        ):
            text = f'an option with parameters needs a name: {{"{NAME}": "conv", …}}'
            mistakes.append((here, text))
        elif (problem := _not_plain(option)) is not None:
            mistakes.append((here, problem))
        else:
            options.append(option)
    return Choice(tuple(options))


def _nested(
    option: Mapping[str, Any], before: list[Any], path: Path, mistakes: list[Mistake]
) -> Nested:
    name = option[NAME]
    if not isinstance(name, str):
        mistakes.append(((*path, NAME), f"must be text, not {_short(name)}"))
    if any(isinstance(other, Nested) and other.name == name for other in before):
        mistakes.append(((*path, NAME), f"two options are named {_short(name)}: rename one"))
    inner = {key: spec for key, spec in option.items() if key != NAME}
    return Nested(str(name), _space(inner, path, mistakes))


def _randint(kind: str, value: list[Any], path: Path, mistakes: list[Mistake]) -> Integer | None:
    if not _numbers(kind, value, ("lower", "upper"), path, mistakes):
        return None
    whole = all(isinstance(number, int) for number in value)
    if not whole:
        mistakes.append((path, f"randint takes whole numbers, not {_short(value)}"))
    elif value[0] >= value[1]:
        mistakes.append(
            (path, f"lower must be below upper, which is excluded; not {_short(value)}")
        )
    else:
        return Integer(value[0], value[1] - 1)
    return None


def _real(kind: str, value: list[Any], path: Path, mistakes: list[Mistake]) -> Real | None:
    normal, log, quantized = "normal" in kind, "log" in kind, kind.startswith("q")
    names = ("mu", "sigma") if normal else ("low", "high")
    if not _numbers(kind, value, (*names, "q") if quantized else names, path, mistakes):
        return None
    a, b, q = value[0], value[1], value[2] if quantized else None
    problems = []
    if normal and b <= 0:
        problems.append(f"sigma must be above 0, not {b}")
    if not normal and a >= b:
        problems.append(f"low must be below high, not [{a}, {b}]")
    if not normal and log and a <= 0:
        problems.append(f"low must be above 0 on a logarithmic scale, not {a}")
    if q is not None and q <= 0:
        problems.append(f"q must be above 0, not {q}")
    mistakes += [(path, problem) for problem in problems]
    return None if problems else Real(a=a, b=b, q=q, log=log, normal=normal)


def _numbers(
    kind: str, value: list[Any], names: tuple[str, ...], path: Path, mistakes: list[Mistake]
) -> bool:
    if len(value) != len(names):
        mistakes.append((path, f"{kind} takes [{', '.join(names)}], not {_short(value)}"))
        return False
    good = True
    for index, name in enumerate(names):
        number = value[index]
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            mistakes.append(((*path, index), f"{name} must be a number, not {_short(number)}"))
        elif not finite(number) or abs(number) > LARGEST:
            mistakes.append(((*path, index), f"{name} must be a finite number, not {number}"))
        else:
            continue
        good = False
    return good


def _not_plain(option: Any) -> str | None:
    try:
        same = json.loads(json.dumps(option, allow_nan=False)) == option
    except ValueError:
        return (
            f"an option must be a finite number, text, or JSON made of them: not {_short(option)}"
        )
    except TypeError:
        return f"an option must be JSON, not a {type(option).__name__}: put it in quotes"
    return None if same else "the keys of an option must be text: put them in quotes"


_Reader = Callable[[str, Any, Path, list[Mistake]], Optional[Dimension]]

_READERS: dict[str, _Reader] = {
    "choice": _choice,
    "randint": _randint,
    "uniform": _real,
    "quniform": _real,
    "loguniform": _real,
    "qloguniform": _real,
    "normal": _real,
    "qnormal": _real,
    "lognormal": _real,
    "qlognormal": _real,
    LAYERS: declared,
}


_FORMS = "a list of options, {TYPE: […]}, or {_type: TYPE, _value: […]}"


def _wrong_value(kind: str, value: Any) -> str:
    needed = VALUE_OF_LAYERS if kind == LAYERS else "a list"
    return f"must be {needed}, not {_short(value)}"


def _unknown_type(kind: Any) -> str:
    near = difflib.get_close_matches(str(kind), (*TYPES, LAYERS), n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"unknown type {_short(kind)}; {hint}{_known()}"


def _known() -> str:
    return f"types: {', '.join((*TYPES, LAYERS))}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"

"""The params and values of trials as columns of numbers or of categories."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from controller.core.model import Trial
from controller.views.page.documents.analysis.steps import inherited_share
from controller.views.page.figures.hover import show
from controller.views.page.source import Source, finite
from heirloom.space import Space, SpaceError, parse
from heirloom.space.forms import NAME
from heirloom.space.numbers import Real
from heirloom.space.space import Choice, Nested
from heirloom.store.limits.values import finite as is_finite

PARAMS = 24  # columns of params
CATEGORIES = 30  # of a column
_WIDE = 1_000  # a column of positive numbers has a logarithmic scale from this ratio on
_LONG = 60  # characters of a category

Role = Literal["param", "value", "inherited"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, with a value for each trial.

    Args:
        values: numbers, or indices of `categories`; None where the trial has none.
        categories: the texts of a column that has no numbers, else None.
        is_log: whether its numbers, all positive, belong on a logarithmic scale.
        is_whole: whether its numbers are whole.
        maximize: of the values of an objective, whether more is better.
    """

    name: str
    role: Role
    values: Sequence[float | None]
    categories: Sequence[str] | None = None
    is_log: bool = False
    is_whole: bool = False
    maximize: bool | None = None

    def plain(self) -> dict[str, Any]:
        """The column as JSON types."""
        return {
            "name": self.name,
            "role": self.role,
            "values": list(self.values),
            "categories": None if self.categories is None else list(self.categories),
            "log": self.is_log,
            "maximize": self.maximize,
        }


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of trials, and the names of params that have none, each with its reason."""

    columns: Sequence[Column]
    left_out: Mapping[str, str]


def columns(source: Source, trials: Sequence[Trial]) -> Columns:
    """The columns: params, the values of objectives, and the inherited share if it varies."""
    found: list[Column] = []
    left_out: dict[str, str] = {}
    logs, orders = _declared(source.space)
    for name, values in _params(trials).items():
        column = _column(name, values, is_log=name in logs, order=orders.get(name, ()))
        if isinstance(column, str):
            left_out[name] = column
        elif len(found) == PARAMS:
            left_out[name] = f"only the first {PARAMS} params are shown"
        else:
            found.append(column)
    found += _values(source, trials)
    shares = [inherited_share(trial.result) for trial in trials]
    if len(set(shares) - {None}) > 1:
        found.append(Column("inherited", "inherited", shares))
    return Columns(found, left_out)


def _values(source: Source, trials: Sequence[Trial]) -> Iterator[Column]:
    for objective in source.objectives.objectives:
        values = [_finite(source.values(trial).get(objective.name)) for trial in trials]
        yield Column(objective.name, "value", values, maximize=objective.maximize)


def _params(trials: Sequence[Trial]) -> dict[str, list[Any]]:
    """The params by name, each with a value for each trial; None where it has none."""
    found: dict[str, list[Any]] = {}
    for at, trial in enumerate(trials):
        for name, value in _leaves("", trial.params):
            found.setdefault(name, [None] * len(trials))[at] = value
    return found


def _leaves(prefix: str, params: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Params by name. Those inside an object have its name and a dot before theirs.

    A nested option has the name of its choice. Of a network of layers, their number is a param.
    """
    for key, value in params.items():
        name = prefix.removesuffix(".") if key == NAME and prefix else f"{prefix}{key}"
        if isinstance(value, Mapping) and isinstance(layers := value.get("layers"), list):
            yield f"{name}: layers", len(layers)
        elif isinstance(value, Mapping) and value:
            yield from _leaves(f"{name}.", value)
        else:
            yield name, value


def _column(
    name: str, values: Sequence[Any], *, is_log: bool, order: Sequence[str]
) -> Column | str:
    """The column of a param, or in words why it has none."""
    known = [value for value in values if value is not None]
    texts = [None if value is None else _text(value) for value in values]
    distinct = dict.fromkeys(text for text in texts if text is not None)
    if len(distinct) < 2 and len(known) in (0, len(values)):
        return "the same in all trials"
    if all(is_finite(value) for value in known):
        low, high = min(known), max(known)
        is_wide = low > 0 and high / low >= _WIDE
        return Column(
            name,
            "param",
            [None if value is None else _finite(value) for value in values],
            is_log=is_wide or (is_log and low > 0),
            is_whole=all(isinstance(value, int) for value in known),
        )
    if len(distinct) > CATEGORIES:
        return f"{len(distinct)} different values that are no numbers"
    ordered = [text for text in order if text in distinct]
    ordered += [text for text in distinct if text not in ordered]
    index = {text: at for at, text in enumerate(ordered)}
    shown = [text if len(text) <= _LONG else f"{text[: _LONG - 1]}…" for text in ordered]
    return Column(
        name, "param", [None if text is None else index[text] for text in texts], categories=shown
    )


def _declared(space: Mapping[str, Any]) -> tuple[set[str], dict[str, list[str]]]:
    """The params with a logarithmic scale, and the options of choices in their order, by name."""
    logs: set[str] = set()
    orders: dict[str, list[str]] = {}

    def read(prefix: str, inner: Space) -> None:
        for key, dimension in inner.dimensions.items():
            name = f"{prefix}{key}"
            if isinstance(dimension, Real) and dimension.log:
                logs.add(name)
            elif isinstance(dimension, Choice):
                options = dimension.options
                orders[name] = [
                    each.name if isinstance(each, Nested) else _text(each) for each in options
                ]
                for option in options:
                    if isinstance(option, Nested):
                        read(f"{name}.", option.space)

    try:
        read("", parse(dict(space)))
    except SpaceError:  # only its tuner can read it
        return set(), {}
    return logs, orders


def _text(value: Any) -> str:
    return show(value) if isinstance(value, str | bool | float) else json.dumps(value, default=str)


def _finite(value: Any) -> float | None:
    """The number, with six significant digits where it is no whole one."""
    if not is_finite(value):
        return None
    return value if isinstance(value, int) else finite(float(f"{value:.6g}"))

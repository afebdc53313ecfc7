"""The objectives of an experiment, as its file has them: one without a name, or several by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Optional, Union

from ..store.limits.values import finite
from .direction import DIRECTIONS, VALUE, Constraint, Objective
from .order import Standing

_BOUNDS = ("at_least", "at_most")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]{0,62}")
_TAKEN = ("inherited", "nni")  # names of other things in a result
_EXAMPLE = "{accuracy: maximize, latency: {minimize: true, at_most: 50}}"
Mistake = tuple[tuple[str, ...], str]


class ObjectiveError(ValueError):
    """Invalid objectives. `mistakes` has the path and the text of each mistake."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(": ".join([*path, text]) for path, text in mistakes))


@dataclass(frozen=True)
class Objectives:
    """One objective or several, and the constraints on values. The first objective comes first."""

    objectives: tuple[Objective, ...] = (Objective(),)
    constraints: tuple[Constraint, ...] = ()

    @classmethod
    def parse(cls, given: Union[str, Mapping[str, Any]]) -> Objectives:
        """The objectives as the experiment file has them: a direction, or what holds for each name.

        Raises ObjectiveError, which lists every mistake.
        """
        if not isinstance(given, Mapping):
            return cls((Objective.parse(_direction(given)),))
        mistakes: list[Mistake] = []
        objectives, constraints = [], []
        for name, entry in given.items():
            mistakes += [((str(name),), text) for text in _wrong_name(name)]
            fields = {entry: True} if entry in DIRECTIONS else entry
            wrong = _mistakes_of(str(name), fields)
            mistakes += wrong
            if wrong:
                continue
            bounds = {key: float(fields[key]) for key in _BOUNDS if key in fields}
            if bounds:
                constraints.append(Constraint(name, **bounds))
            objectives += [
                Objective(key == "maximize", name) for key in DIRECTIONS if key in fields
            ]
        if not objectives and not mistakes:
            mistakes.append(((), f"none is maximized or minimized: write such as {_EXAMPLE}"))
        if VALUE in [objective.name for objective in objectives[1:]]:
            text = f"{VALUE} means the first objective: put it first, or give it another name"
            mistakes.append(((VALUE,), text))
        if mistakes:
            raise ObjectiveError(mistakes)
        return cls(tuple(objectives), tuple(constraints))

    @property
    def first(self) -> Objective:
        """The objective that `value` and reports concern."""
        return self.objectives[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the values that a result needs, the first objective's first."""
        named = [each.name for each in self.objectives] + [each.name for each in self.constraints]
        return tuple(dict.fromkeys(named))

    @cached_property
    def is_single(self) -> bool:
        """Whether there is one objective and no constraint, so that values can be compared."""
        return len(self.objectives) == 1 and not self.constraints

    @property
    def are_named(self) -> bool:
        """Whether a result gives its values by name."""
        return self.names != (VALUE,)

    def values(
        self, value: Optional[float], values: Optional[Mapping[str, float]] = None
    ) -> Mapping[str, float]:
        """A result's values by name. `value` is that of the first objective."""
        if values and self.are_named:  # an imported trial may have names that do not count here
            return values
        return {} if value is None else {self.first.name: value}

    def standing(self, values: Mapping[str, float]) -> Optional[Standing]:
        """What the order of a result depends on; None if one of its values is missing."""
        if not all(name in values for name in self.names):
            return None
        return Standing(
            self.violation(values), tuple(each.score(values[each.name]) for each in self.objectives)
        )

    def violation(self, values: Mapping[str, float]) -> float:
        """How far the values are out of bounds together, as far as they are known; 0: within."""
        violation = 0.0
        for each in self.constraints:
            if each.name in values:
                violation += each.violation(values[each.name])
        return violation

    def __str__(self) -> str:
        """In words: `maximize`, or `maximize accuracy, minimize latency (at most 50)`."""
        if not self.are_named and self.is_single:
            return self.first.direction
        bounds = {each.name: _bounds(each) for each in self.constraints}
        parts = [
            f"{each.direction} {each.name}"
            + (f" ({bounds.pop(each.name)})" if each.name in bounds else "")
            for each in self.objectives
        ]
        return ", ".join([*parts, *(f"{name} {text}" for name, text in bounds.items())])


def _bounds(constraint: Constraint) -> str:
    limits = [("at least", constraint.at_least), ("at most", constraint.at_most)]
    return ", ".join(f"{text} {bound:g}" for text, bound in limits if bound is not None)


def _direction(given: Any) -> str:
    if given in DIRECTIONS:
        return str(given)
    near = difflib.get_close_matches(str(given), DIRECTIONS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    text = f"must be maximize, minimize, or objectives by name such as {_EXAMPLE}, not {given!r}"
    raise ObjectiveError([((), f"{text}{hint}")])


def _wrong_name(name: Any) -> list[str]:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        return [
            "the name of an objective has letters, digits and _ . / -, begins with a letter or _, "
            f"and has 63 characters at most, unlike {str(name)[:80]!r}"
        ]
    return [f"{name} is the name of something else in a result"] if name in _TAKEN else []


def _mistakes_of(name: str, fields: Any) -> list[Mistake]:
    """The mistakes in what the file says about one name."""
    known = (*DIRECTIONS, *_BOUNDS)
    if not isinstance(fields, Mapping) or not fields:
        text = (
            "must be maximize, minimize, or a mapping with these and bounds, such as "
            f"{{minimize: true, at_most: 50}}, not {fields!r}"
        )
        return [((name,), text)]
    mistakes: list[Mistake] = []
    for key, value in fields.items():
        path = (name, str(key))
        if key not in known:
            mistakes.append((path, f"unknown key {key}; Known: {', '.join(known)}"))
        elif key in DIRECTIONS and value is not True:
            mistakes.append((path, f"must be true, not {value!r}: leave the key out otherwise"))
        elif key in _BOUNDS and not finite(value):
            mistakes.append((path, f"must be a finite number, not {value!r}"))
    if mistakes:
        return mistakes
    if all(key in fields for key in DIRECTIONS):
        return [((name,), "give either maximize or minimize, not both")]
    if all(key in fields for key in _BOUNDS) and fields["at_least"] > fields["at_most"]:
        return [((name,), f"at_least {fields['at_least']} is above at_most {fields['at_most']}")]
    return []

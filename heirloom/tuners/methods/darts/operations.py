"""The parameters of a search by DARTS: choices among operations, some on the edges of cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Optional

from ....space import Space
from ....space.space import Choice, Nested

_EDGE = re.compile(r"(?:(.*)\.)?([0-9]+)_([0-9]+)")


@dataclass(frozen=True)
class Edge:
    """The edge between two nodes of a cell, which the label `CELL.I_J` names."""

    cell: str
    source: int
    node: int


def edge_of(label: str) -> Optional[Edge]:
    """The edge that a label names; None for another label."""
    found = _EDGE.fullmatch(label)
    return None if found is None else Edge(found[1] or "", int(found[2]), int(found[3]))


def options_of(space: Space) -> dict[str, list[str]]:
    """The operations of each label, of a space that `unsupported` does not refuse."""
    found: dict[str, list[str]] = {}
    for label, dimension in space.dimensions.items():
        assert isinstance(dimension, Choice)
        found[label] = list(dimension.options)
    return found


def unsupported(space: Space) -> Optional[str]:
    """Why DARTS cannot search a space; None if it can."""
    if not space.dimensions:
        return "it has no parameter"
    for label, dimension in space.dimensions.items():
        if not isinstance(dimension, Choice):
            return f"{label} is a number, and {_ONLY_OPERATIONS}: {_FIX}"
        for option in dimension.options:
            if isinstance(option, Nested):
                return (
                    f"{label} has the option {option.name} with parameters of its own, and darts "
                    "mixes operations without any"
                )
            if not isinstance(option, str):
                return f"{label} has the option {option!r}, and {_ONLY_OPERATIONS}: {_FIX}"
        if all(option.isdecimal() for option in dimension.options):
            return (
                f"{label} has options without names ({', '.join(dimension.options)}), and "
                f"{_ONLY_OPERATIONS}: nas.inputs and nas.repeat are none, and nas.choice takes a "
                "mapping of names"
            )
    return None


def whole(options: Mapping[str, list[str]], written: Any) -> Optional[dict[str, dict[str, float]]]:
    """The weights in a trial's result; None unless every operation of every label has one."""
    if not isinstance(written, Mapping):
        return None
    found: dict[str, dict[str, float]] = {}
    for label, names in options.items():
        weights = written.get(label)
        if not isinstance(weights, Mapping) or not all(_is_weight(weights.get(n)) for n in names):
            return None
        found[label] = {name: float(weights[name]) for name in names}
    return found


def _is_weight(value: Any) -> bool:
    """A number from 0 to 1, with what rounding may add."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_number and 0 <= value <= 1.001


_ONLY_OPERATIONS = "darts chooses among operations"
_FIX = "give the model one value, as a width has no weighted sum"

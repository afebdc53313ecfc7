"""The network derived from architecture parameters, and how many skip connections it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Optional

from .operations import edge_of

Weights = Mapping[str, Mapping[str, float]]  # of each operation by label, after the softmax


@dataclass(frozen=True)
class Rule:
    """How a network is derived.

    Args:
        edges: how many edges to a node are kept, those with the strongest operations; None: all.
        none: the operation that is no connection. With `edges` it is what the other edges get, and
            never kept for itself.
        skip: the operation that returns its input.
    """

    edges: Optional[int]
    none: str
    skip: str


@dataclass(frozen=True)
class Skips:
    """How many of the operations that are kept in a cell are skip connections.

    The cell is that of the first label: the normal cell. Labels that name no edge are one cell.
    """

    cell: str
    skip: str
    count: int
    kept: int

    @property
    def is_collapsed(self) -> bool:
        """Whether at least half of them are. No paper draws this line: it is a rule of thumb."""
        return self.count > 0 and 2 * self.count >= self.kept

    def __str__(self) -> str:
        cell = f" of the cell {self.cell}" if self.cell else ""
        return f"{self.count} of {self.kept} operations{cell} are {self.skip}"


def derive(weights: Weights, rule: Rule) -> dict[str, str]:
    """The params of the derived network: an operation for each label.

    As in the code of DARTS: of the edges to a node those are kept whose strongest operation is
    strongest, `none` left out, and each gets this operation. With `edges: None` each label gets its
    strongest operation, `none` included, as in that of NAS-Bench-201. Of equal ones the first
    counts.
    """
    if rule.edges is None:
        return {label: _strongest(found) for label, found in weights.items()}
    dropped = _dropped(weights, rule, rule.edges)
    return {
        label: rule.none if label in dropped else _strongest(_without(found, rule.none))
        for label, found in weights.items()
    }


def skips(params: Mapping[str, str], rule: Rule) -> Skips:
    """Count the skip connections of a derived network."""
    cells = {label: _cell(label) for label in params}
    first = next(iter(cells.values()))
    chosen = [operation for label, operation in params.items() if cells[label] == first]
    kept = chosen if rule.edges is None else [each for each in chosen if each != rule.none]
    return Skips(first, rule.skip, kept.count(rule.skip), len(kept))


def without_none(options: Mapping[str, list[str]], rule: Rule) -> Optional[str]:
    """A label whose edge may have to be dropped although it has no option `none`; None for none."""
    if rule.edges is None:
        return None
    crowded = (labels for labels in _incoming(options).values() if len(labels) > rule.edges)
    found = (label for labels in crowded for label in labels)
    return next((label for label in found if rule.none not in options[label]), None)


def _dropped(weights: Weights, rule: Rule, edges: int) -> set[str]:
    """The labels of edges that are not kept."""
    dropped: set[str] = set()
    for labels in _incoming(weights).values():
        strength = {label: max(_without(weights[label], rule.none).values()) for label in labels}
        dropped.update(sorted(labels, key=lambda label: -strength[label])[edges:])
    return dropped


def _incoming(labels: Mapping[str, object]) -> dict[tuple[str, int], list[str]]:
    """The labels of the edges to each node, which a cell and a number name."""
    found: dict[tuple[str, int], list[str]] = {}
    for label in labels:
        edge = edge_of(label)
        if edge is not None:
            found.setdefault((edge.cell, edge.node), []).append(label)
    return found


def _cell(label: str) -> str:
    edge = edge_of(label)
    return "" if edge is None else edge.cell


def _without(weights: Mapping[str, float], none: str) -> Mapping[str, float]:
    """The weights of the operations other than `none`; all, if there is no other."""
    return {name: weight for name, weight in weights.items() if name != none} or weights


def _strongest(weights: Mapping[str, float]) -> str:
    return max(weights, key=lambda name: weights[name])

"""Graphs of networks, and where their nodes are drawn."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

LARGEST = 600  # nodes of a graph that is drawn
_SWEEPS = 4  # over the ranks, to untangle edges

Kind = Literal["input", "operation", "join", "output"]
Change = Literal["same", "changed", "new"]


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, an operation or a sum.

    Args:
        part: the name of the part of the model that it is, as in the report of what was inherited.
        change: beside the parent's params; None where it has none to compare.
    """

    name: str
    label: str
    kind: Kind = "operation"
    detail: str = ""
    part: str | None = None
    change: Change | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A tensor that one node gives to another. `is_skip`: past the nodes between."""

    source: str
    target: str
    is_skip: bool = False


@dataclass(slots=True)
class Graph:
    """A part of a network. Edges lead from earlier nodes to later ones."""

    title: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


def plain(graph: Graph, shares: Mapping[str, float]) -> dict[str, Any]:
    """The graph as JSON types, each node with its rank from 0 on and its place in the rank.

    Edges from unknown or later nodes are left out.

    shares: the inherited share by part.
    """
    nodes = graph.nodes[:LARGEST]
    index = {node.name: at for at, node in enumerate(nodes)}
    edges = [each for each in graph.edges if each.source in index and each.target in index]
    edges = [each for each in edges if index[each.source] < index[each.target]]
    pairs = [(index[each.source], index[each.target]) for each in edges]
    ranks = _ranks(len(nodes), pairs)
    places = _places(ranks, pairs)
    return {
        "title": graph.title,
        "left_out": len(graph.nodes) - len(nodes),
        "ranks": max(ranks, default=-1) + 1,
        "width": max((ranks.count(rank) for rank in set(ranks)), default=0),
        "nodes": [
            {
                "label": node.label,
                "kind": node.kind,
                "detail": node.detail,
                "share": None if node.part is None else shares.get(node.part),
                "change": node.change,
                "rank": ranks[at],
                "place": places[at],
            }
            for at, node in enumerate(nodes)
        ],
        "edges": [
            {"from": source, "to": target, "skip": edge.is_skip}
            for edge, (source, target) in zip(edges, pairs, strict=True)
        ],
    }


def _ranks(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest path to each node."""
    above: dict[int, list[int]] = defaultdict(list)
    for source, target in edges:
        above[target].append(source)
    ranks: list[int] = []
    for at in range(count):
        ranks.append(max((ranks[source] + 1 for source in above[at]), default=0))
    return ranks


def _places(ranks: Sequence[int], edges: Sequence[tuple[int, int]]) -> list[float]:
    """The place of each node in its rank, around 0.

    Nodes are sorted by the mean place of their neighbours, in turn from above and from below
    (Sugiyama, Tagawa, Toda 1981).
    """
    rows: dict[int, list[int]] = defaultdict(list)
    for at, rank in enumerate(ranks):
        rows[rank].append(at)
    neighbours: dict[int, list[int]] = defaultdict(list)
    for source, target in edges:
        neighbours[source].append(target)
        neighbours[target].append(source)
    places = [0.0] * len(ranks)
    _spread(rows, places)
    for sweep in range(_SWEEPS):
        for rank in sorted(rows, reverse=bool(sweep % 2)):
            wanted = {at: _mean(places, neighbours[at], places[at]) for at in rows[rank]}
            rows[rank].sort(key=lambda at: wanted[at])
            _spread({rank: rows[rank]}, places)
    return places


def _spread(rows: Mapping[int, Sequence[int]], places: list[float]) -> None:
    for row in rows.values():
        for order, at in enumerate(row):
            places[at] = order - (len(row) - 1) / 2


def _mean(places: Sequence[float], of: Sequence[int], otherwise: float) -> float:
    return sum(places[at] for at in of) / len(of) if of else otherwise

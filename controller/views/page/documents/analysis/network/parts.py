"""The graph of a network of which only the names of its parts are known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.views.page.documents.analysis.network.graph import Edge, Graph, Node
from heirloom.store.limits.values import finite

_FEWEST = 2


def graphs(shares: Mapping[str, float]) -> Iterator[Graph]:
    """The parts of the report of what was inherited, one after the other in the model's order."""
    if len(shares) < _FEWEST:
        return
    graph = Graph("parts of the model")
    before: str | None = None
    for name in shares:
        graph.nodes.append(Node(name, name, part=name))
        if before is not None:
            graph.edges.append(Edge(before, name))
        before = name
    yield graph


def shares_of(result: Any) -> dict[str, float]:
    """The inherited share by part in a trial's result, which may be anything."""
    report = result.get("inherited") if isinstance(result, Mapping) else None
    parts = report.get("parts") if isinstance(report, Mapping) else None
    if not isinstance(parts, Mapping):
        return {}
    return {
        str(name): min(1.0, max(0.0, float(share)))
        for name, share in parts.items()
        if finite(share)
    }

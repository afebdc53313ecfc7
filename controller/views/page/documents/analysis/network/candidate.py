"""The document of a candidate's network."""

from __future__ import annotations

from typing import Any

from controller.views.page.documents.analysis.network import cells, layered, parts
from controller.views.page.documents.analysis.network.graph import plain
from controller.views.page.documents.analysis.steps import inherited_share
from controller.views.page.source import Source

_GRAPHS = 8  # of one network


def document(source: Source, number: int) -> dict[str, Any] | None:
    """The graphs of a trial's network; None where neither params nor result describe one.

    A node has the inherited `share` of its numbers where the trial reported it, and its `change`
    beside the parent: `same`, `changed` or `new`. `basis` is `report` where shares are known,
    `params` where only changes are, and null for a trial without a parent.
    """
    trial = source.by_id[number]
    parents = source.parents(trial)
    before = parents[0].params if parents else None
    shares = parts.shares_of(trial.result)
    found = [
        *layered.graphs(trial.params, before),
        *cells.graphs(cells.labels(trial.params), None if before is None else cells.labels(before)),
    ]
    found = found or list(parts.graphs(shares))
    if not found:
        return None
    graphs = [plain(graph, shares) for graph in found[:_GRAPHS]]
    has_shares = any(node["share"] is not None for graph in graphs for node in graph["nodes"])
    return {
        "id": trial.id,
        "parent": parents[0].id if parents else None,
        "inherited": inherited_share(trial.result),
        "basis": "report" if has_shares else "params" if parents else None,
        "graphs": graphs,
        "more_graphs": max(0, len(found) - _GRAPHS),
    }

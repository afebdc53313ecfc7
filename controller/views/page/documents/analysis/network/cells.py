"""Graphs of the cells and layers that labels of choices describe.

The labels are those of the networks in heirloom.nas.spaces. Any model that names its choices in the
same way is drawn alike.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from controller.views.page.documents.analysis.network.graph import Change, Edge, Graph, Node
from controller.views.page.figures.hover import show
from heirloom.space.forms import NAME

Labels = Mapping[str, Any]  # the chosen option by label

_SIDE = re.compile(r"(?P<cell>.+)\.(?P<block>\d{1,4})\.(?P<side>left|right)\.(?P<what>input|op)")
_EDGE = re.compile(r"(?P<cell>.+)\.(?P<source>\d{1,4})_(?P<target>\d{1,4})")
_LAYER = re.compile(r"layer(?P<layer>\d{1,4})\.op")
_SKIP = re.compile(r"layer(?P<layer>\d{1,4})\.skip(?P<source>\d{1,4})")
_ABSENT = ("none", "zero")  # operations that give nothing on


def labels(params: Mapping[str, Any]) -> dict[str, Any]:
    """The options by label. Labels within a nested option come beside it."""
    found: dict[str, Any] = {}
    for label, value in params.items():
        if isinstance(value, Mapping) and NAME in value:
            found[label] = value[NAME]
            found |= labels({key: each for key, each in value.items() if key != NAME})
        else:
            found[label] = value
    return found


def graphs(chosen: Labels, parent: Labels | None) -> Iterator[Graph]:
    """A graph for each cell, or one of all layers. `parent`: what the parent chose."""
    yield from _blocks(chosen, parent)
    yield from _edges(chosen, parent)
    yield from _layers(chosen, parent)


def _blocks(chosen: Labels, parent: Labels | None) -> Iterator[Graph]:
    """Cells of blocks, each the sum of two operations (NASNet, ENAS micro)."""
    cells: dict[str, dict[int, dict[str, dict[str, str]]]] = defaultdict(dict)
    for label in chosen:
        if match := _SIDE.fullmatch(label):
            sides = cells[match["cell"]].setdefault(int(match["block"]), {})
            sides.setdefault(match["side"], {})[match["what"]] = label
    for cell, blocks in cells.items():
        graph = Graph(
            f"{cell} cell", [_input("0", "the cell before"), _input("1", "the last cell")]
        )
        read: set[str] = set()
        for block in sorted(blocks):
            name = str(block + 2)
            for side, found in blocks[block].items():
                source = show(chosen.get(found.get("input", ""), "0"))
                read.add(source)
                operation = f"{name} {side}"
                graph.nodes.append(_operation(operation, found.get("op"), chosen, parent))
                graph.edges += [Edge(source, operation), Edge(operation, name)]
            graph.nodes.append(Node(name, "+", "join", f"block {block}"))
        ends = [str(block + 2) for block in sorted(blocks) if str(block + 2) not in read]
        yield _closed(graph, ends)


def _edges(chosen: Labels, parent: Labels | None) -> Iterator[Graph]:
    """Cells with an operation on each edge between nodes (DARTS, NAS-Bench-201)."""
    cells: dict[str, dict[tuple[int, int], str]] = defaultdict(dict)
    for label in chosen:
        if found := _EDGE.fullmatch(label):
            cells[found["cell"]][int(found["target"]), int(found["source"])] = label
    for cell, edges in cells.items():
        targets = {target for target, _ in edges}
        inputs = sorted({source for _, source in edges} - targets)
        graph = Graph(_title(cell), [_input(str(each), f"input {each}") for each in inputs])
        for target in sorted(targets):
            for (end, source), label in sorted(edges.items()):
                if end == target and str(chosen[label]) not in _ABSENT:
                    graph.nodes.append(_operation(label, label, chosen, parent))
                    graph.edges += [Edge(str(source), label), Edge(label, str(target))]
            graph.nodes.append(Node(str(target), "+", "join", f"node {target}"))
        is_whole = len(inputs) > 1  # the output of a DARTS cell has all nodes
        ends = sorted(targets) if is_whole else [max(targets)]
        yield _closed(graph, [str(each) for each in ends])


def _layers(chosen: Labels, parent: Labels | None) -> Iterator[Graph]:
    """Layers one after the other, with chosen skip connections (ENAS macro)."""
    operations = {
        int(found["layer"]): label for label in chosen if (found := _LAYER.fullmatch(label))
    }
    if not operations:
        return
    graph = Graph("layers", [_input("-1", "input")])
    before = "-1"
    for layer in sorted(operations):
        label = operations[layer]
        graph.nodes.append(_operation(str(layer), label, chosen, parent, f"layer {layer}"))
        graph.edges.append(Edge(before, str(layer)))
        before = str(layer)
    for label, value in chosen.items():
        found = _SKIP.fullmatch(label)
        if found and value in ("yes", True, 1):
            graph.edges.append(Edge(found["source"], found["layer"], is_skip=True))
    yield _closed(graph, [before])


def _title(cell: str) -> str:
    return cell if cell.endswith("cell") else f"{cell} cell"


def _input(name: str, label: str) -> Node:
    return Node(name, label, "input")


def _operation(
    name: str, label: str | None, chosen: Labels, parent: Labels | None, detail: str = ""
) -> Node:
    value = None if label is None else chosen.get(label)
    text = "?" if value is None else show(value)
    return Node(
        name, text, "operation", detail or label or "", label, change(label, chosen, parent)
    )


def change(label: str | None, chosen: Labels, parent: Labels | None) -> Change | None:
    """How the chosen option of a label relates to the parent's."""
    if label is None or parent is None:
        return None
    if label not in parent:
        return "new"
    return "same" if show(parent[label]) == show(chosen[label]) else "changed"


def _closed(graph: Graph, ends: list[str]) -> Graph:
    graph.nodes.append(Node("output", "output", "output"))
    graph.edges += [Edge(end, "output") for end in ends]
    return graph

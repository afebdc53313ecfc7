"""Graphs of networks that are lists of layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from controller.views.page.documents.analysis.network.graph import Change, Edge, Graph, Node
from heirloom.space import SpaceError
from heirloom.space.network import INPUT, Layer, Network, read

_JOINS = ("add", "concat")


def graphs(params: Mapping[str, Any], parent: Mapping[str, Any] | None) -> Iterator[Graph]:
    """A graph for each param whose value is a network. `parent`: the params of the parent."""
    for name, value in params.items():
        network = _network(value)
        if network is not None:
            yield _graph(name, network, None if parent is None else _network(parent.get(name)))


def _network(value: Any) -> Network | None:
    if not isinstance(value, Mapping) or "layers" not in value:
        return None
    try:
        return read(value)
    except SpaceError:
        return None


def _graph(name: str, network: Network, parent: Network | None) -> Graph:
    before = {} if parent is None else {layer.id: layer for layer in parent.layers}
    size = "x".join(map(str, network.input))
    graph = Graph(name, [Node(str(INPUT), "input", "input", size)])
    for layer in network.layers:
        change = None if parent is None else _change(layer, before.get(layer.id))
        graph.nodes.append(
            Node(
                str(layer.id),
                _label(layer),
                "join" if layer.type in _JOINS else "operation",
                _detail(layer),
                f"layers.{layer.id}",
                change,
            )
        )
        graph.edges += [Edge(str(each), str(layer.id)) for each in layer.inputs]
        graph.edges += [Edge(str(each), str(layer.id), is_skip=True) for each in layer.skips]
    return graph


def _change(layer: Layer, before: Layer | None) -> Change:
    if before is None:
        return "new"
    return "same" if layer == before else "changed"


def _label(layer: Layer) -> str:
    kernel = layer.options.get("kernel")
    sizes = kernel if isinstance(kernel, list | tuple) else [kernel] * 2
    size = "" if kernel is None else f" {sizes[0]}x{sizes[1]}"
    method = f"{layer['method']} " if layer.type == "pool" else ""
    return f"{method}{layer.type.replace('_', ' ')}{size}"


def _detail(layer: Layer) -> str:
    options = layer.options
    found = [f"layer {layer.id}"]
    found += [f"{options[name]} {name}" for name in ("filters", "units") if name in options]
    found += [
        f"{name} {options[name]}"
        for name in ("stride", "rate", "activation")
        if name in options and options[name] not in (1, "none")
    ]
    return ", ".join(found)

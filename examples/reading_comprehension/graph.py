"""The graph of a network: its layers in topological order.

A layer keeps its name through all mutations. Two graphs that contain the same name contain the same
layer, so its weights fit both. A layer belongs to one *side*, the text or the question. Its input
is the sum of its `inputs`, which belong to the same side. An attention also reads one layer of the
other side, `against`. The last layer is the answer, and every other layer leads to it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

SIDES = ("text", "question")  # also the names of the inputs of the graph: the embedded words
KINDS = ("attention", "self_attention", "recurrent", "convolution")


@dataclass(frozen=True)
class Layer:
    name: str
    kind: str
    side: str
    inputs: tuple[str, ...]
    against: str | None = None

    @property
    def reads(self) -> tuple[str, ...]:
        return self.inputs if self.against is None else (*self.inputs, self.against)

    @property
    def reads_other_side(self) -> bool:
        return self.kind in ("attention", "answer")


Graph = tuple[Layer, ...]

# The graph from which every search starts.
FIRST: Graph = (
    Layer("recurrent-0", "recurrent", "question", ("question",)),
    Layer("attention-0", "attention", "text", ("text",), "recurrent-0"),
    Layer("recurrent-1", "recurrent", "text", ("attention-0",)),
    Layer("answer", "answer", "text", ("recurrent-1",), "recurrent-0"),
)


def plain(graph: Graph) -> list[dict[str, Any]]:
    """The graph as plain JSON."""
    return [{**asdict(layer), "inputs": list(layer.inputs)} for layer in graph]


def read(layers: Sequence[dict[str, Any]]) -> Graph:
    """The graph that `plain` wrote. Raises ValueError for an invalid one."""
    graph = tuple(Layer(**{**layer, "inputs": tuple(layer["inputs"])}) for layer in layers)
    check(graph)
    return graph


def check(graph: Graph) -> None:
    """Raise ValueError with the reason if no network can be built from the graph."""
    known = {side: side for side in SIDES}
    for layer in graph:
        if layer.name in known:
            raise ValueError(f"two layers have the name {layer.name}")
        if (layer.kind == "answer") != (layer is graph[-1]):
            raise ValueError("the last layer, and only the last, must be the answer")
        if layer.kind not in (*KINDS, "answer"):
            raise ValueError(f"{layer.name} has an unknown kind: {layer.kind}")
        sides = [known.get(name) for name in layer.inputs]
        if not sides or set(sides) != {layer.side} or len(set(layer.inputs)) < len(sides):
            raise ValueError(f"{layer.name} cannot add up {', '.join(layer.inputs) or 'nothing'}")
        across = None if layer.against is None else known.get(layer.against)
        if across != (other(layer.side) if layer.reads_other_side else None):
            raise ValueError(f"{layer.name} cannot read {layer.against}")
        known[layer.name] = layer.side
    if not graph or graph[-1].side != "text":
        raise ValueError("the answer layer must be on the side of the text")
    if graph != prune(graph):
        raise ValueError("a layer does not lead to the answer")


def other(side: str) -> str:
    return SIDES[1 - SIDES.index(side)]


def prune(graph: Graph) -> Graph:
    """The layers that lead to the answer."""
    needed, kept = {graph[-1].name}, []
    for layer in reversed(graph):
        if layer.name in needed:
            needed.update(layer.reads)
            kept.append(layer)
    return tuple(reversed(kept))


class Mutations:
    """Random changes to graphs.

    Args:
        kinds: the kinds of layers that may be inserted.
        most: the largest number of layers in a graph, without the answer.
        name: returns an unused layer name for a kind.
    """

    def __init__(
        self, kinds: Sequence[str], most: int, name: Callable[[str], str], chance: random.Random
    ) -> None:
        self._kinds = kinds
        self._most = most
        self._name = name
        self._chance = chance

    def mutate(self, graph: Graph) -> Graph:
        """Another valid graph: one layer is inserted, removed or exchanged, or one edge changes."""
        while True:
            change = self._chance.choice(
                (self._insert, self._remove, self._exchange, self._link, self._unlink)
            )
            # A change may leave layers that do not lead to the answer.
            changed = prune(change(graph))
            if changed != graph and len(changed) <= self._most + 1:
                check(changed)
                return changed

    def _insert(self, graph: Graph) -> Graph:
        """Insert a layer into one edge."""
        if len(graph) > self._most:
            return graph
        at = self._chance.randrange(len(graph))
        reader = graph[at]
        read = self._chance.choice(reader.reads)
        side = reader.side if read in reader.inputs else other(reader.side)
        added = self._made(graph[:at], side, (read,))
        return (*graph[:at], added, _reading(reader, read, (added.name,)), *graph[at + 1 :])

    def _remove(self, graph: Graph) -> Graph:
        """Remove a layer. Its readers read its inputs instead."""
        gone = self._chance.choice(graph)
        if gone.kind == "answer":
            return graph
        return tuple(
            _reading(layer, gone.name, gone.inputs) for layer in graph if layer is not gone
        )

    def _exchange(self, graph: Graph) -> Graph:
        """Replace a layer by one of another kind."""
        at = self._chance.randrange(len(graph))
        gone = graph[at]
        if gone.kind == "answer" or set(self._kinds) <= {gone.kind}:
            return graph
        new = self._made(graph[:at], gone.side, gone.inputs, but=gone.kind)
        after = [_reading(layer, gone.name, (new.name,)) for layer in graph[at + 1 :]]
        return (*graph[:at], new, *after)

    def _link(self, graph: Graph) -> Graph:
        """Add an input to a layer, or change which layer an attention reads."""
        at = self._chance.randrange(len(graph))
        layer = graph[at]
        reads = self._chance.choice(list(_names(graph[:at])))
        if reads in layer.reads:
            return graph
        if reads in _names(graph[:at], layer.side):
            linked = replace(layer, inputs=(*layer.inputs, reads))
        elif layer.reads_other_side:
            linked = replace(layer, against=reads)
        else:
            return graph
        return (*graph[:at], linked, *graph[at + 1 :])

    def _unlink(self, graph: Graph) -> Graph:
        """Remove one of several inputs of a layer."""
        several = [layer for layer in graph if len(layer.inputs) > 1]
        if not several:
            return graph
        chosen = self._chance.choice(several)
        lost = self._chance.choice(chosen.inputs)
        left = replace(chosen, inputs=tuple(name for name in chosen.inputs if name != lost))
        return tuple(left if layer is chosen else layer for layer in graph)

    def _made(self, before: Graph, side: str, inputs: tuple[str, ...], but: str = "") -> Layer:
        kind = self._chance.choice([kind for kind in self._kinds if kind != but])
        across = list(_names(before, other(side))) if kind == "attention" else [None]
        return Layer(self._name(kind), kind, side, inputs, self._chance.choice(across))


def _names(layers: Graph, side: str | None = None) -> Iterator[str]:
    """The names that a layer after these may read, of one side or of both."""
    yield from (name for name in SIDES if side in (None, name))
    yield from (layer.name for layer in layers if side in (None, layer.side))


def _reading(layer: Layer, old: str, new: tuple[str, ...]) -> Layer:
    """The layer with one input replaced by others."""
    inputs = [name for read in layer.inputs for name in (new if read == old else (read,))]
    against = new[0] if layer.against == old else layer.against
    return replace(layer, inputs=tuple(dict.fromkeys(inputs)), against=against)

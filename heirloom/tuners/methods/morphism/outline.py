"""What the edit distance compares of a network: its layers in a row, and the connections past them.

The row goes back from the classifier to the network's input by the first input of each layer. Every
further input of an addition or a concatenation in the row is a skip connection. What lies on it,
such as a pooling or a convolution that fits its size, belongs to the connection.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from ....space.network import INPUT, Layer, Network

_JOINS = ("add", "concat")
_SIZES = ("filters", "kernel", "stride", "units")


class Step(NamedTuple):
    """A layer of the row. `sizes` are in an order that depends on its type alone."""

    kind: str
    sizes: tuple[int, ...] = ()


class Skip(NamedTuple):
    """A connection past layers.

    kind: `add` or `concat`.
    start: the number of steps in the row before the tensor that it carries.
    length: the number of steps that it goes past.
    """

    kind: str
    start: int
    length: int


@dataclass(frozen=True)
class Outline:
    """Steps from the input on, and skip connections in the order of kind and start."""

    steps: tuple[Step, ...]
    skips: tuple[Skip, ...]


def row(network: Network) -> list[Layer]:
    """The layers from the input to the classifier, by the first input of each."""
    layers = {layer.id: layer for layer in network.layers}
    found = [network.layers[-1]]
    while found[-1].inputs[0] != INPUT:
        found.append(layers[found[-1].inputs[0]])
    return found[::-1]


def outline(network: Network) -> Outline:
    """The outline of a network. Networks of one outline count as equal."""
    layers = {layer.id: layer for layer in network.layers}
    steps: list[Step] = []
    skips: list[Skip] = []
    rank = {INPUT: 0}  # of a layer in the row, the number of steps up to it
    for layer in row(network):
        if layer.type in _JOINS:
            sources = layer.inputs[1:]
        else:
            sources = layer.skips
            sizes = [_size(layer.options[name]) for name in _SIZES if name in layer.options]
            steps.append(Step(layer.type, tuple(sizes)))
        rank[layer.id] = len(steps)
        for source in sources:
            start = source
            while start not in rank:
                start = layers[start].inputs[0]
            kind = "concat" if layer.type == "concat" else "add"
            skips.append(Skip(kind, rank[start], max(1, len(steps) - rank[start])))
    return Outline(tuple(steps), tuple(sorted(skips)))


def _size(value: Any) -> int:
    """A number; of a kernel, the number of its positions."""
    return prod(value) if isinstance(value, tuple) else int(value)

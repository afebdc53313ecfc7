"""Convolutions that must have the same number of filters, since their outputs are added."""

from __future__ import annotations

from .graph import INPUT, Network


def groups(network: Network) -> dict[int, int]:
    """The group of each convolution: the smallest id of its members, or 0 for one that is fixed.

    A group is fixed if its channels are those of the network's input or of a concatenation, or if
    it takes part in a skip connection of its own kind (`Layer.skips`).
    """
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while parent.get(number, number) != number:
            number = parent[number]
        return number

    def join(one: int, other: int) -> None:
        low, high = sorted((root(one), root(other)))
        parent[high] = low

    width: dict[int, int] = {INPUT: INPUT}  # the layer that decides the channels
    for layer in network.layers:
        first = width[layer.inputs[0]]
        if layer.type == "conv":
            width[layer.id] = layer.id
        elif layer.type == "concat":
            width[layer.id] = INPUT
        else:
            width[layer.id] = first
        if layer.type == "add":
            for each in layer.inputs[1:]:
                join(width[each], first)
        if layer.skips:
            for each in (layer.id, *layer.skips):
                join(width[each], INPUT)
    return {layer.id: root(layer.id) for layer in network.layers if layer.type == "conv"}

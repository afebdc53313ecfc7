"""A network as a list of layers whose ids never change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

INPUT = 0  # the id of the network's input


@dataclass(frozen=True)
class Layer:
    """A layer, and the layers that it reads.

    Args:
        id: a whole number above 0. No other layer of the network or of its ancestors has it.
        type: one of `KINDS`.
        inputs: ids of the layers that it reads, earlier ones, or 0 for the network's input.
        options: what its type needs, such as the number of filters.
        skips: ids of the layers from which a skip connection comes. Their outputs are resized to
            this layer's output and added to it, before its activation.
    """

    id: int
    type: str
    inputs: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)
    skips: tuple[int, ...] = ()

    def __getitem__(self, option: str) -> Any:
        return self.options[option]

    def to_json(self) -> dict[str, Any]:
        """The layer as plain JSON; `skips` only if there are any."""
        options = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in self.options.items()
        }
        found = {"id": self.id, "type": self.type, "inputs": list(self.inputs), **options}
        return {**found, "skips": list(self.skips)} if self.skips else found


@dataclass(frozen=True)
class Network:
    """A convolutional network that classifies images.

    Args:
        input: the shape of an image: channels, height, width.
        layers: in topological order: a layer comes after those that it reads. The last one is the
            classifier.
        next_id: the id of the next layer that is added. It is above the ids of all layers that the
            network or an ancestor has had, so that an id means the same layer in all of them.
    """

    input: tuple[int, int, int]
    layers: tuple[Layer, ...]
    next_id: int

    def layer(self, number: int) -> Layer:
        """The layer of an id. Raises KeyError if there is none."""
        for layer in self.layers:
            if layer.id == number:
                return layer
        raise KeyError(number)

    def position(self, number: int) -> int:
        """The index of a layer; -1 for the input. Raises KeyError if there is no such layer."""
        if number == INPUT:
            return -1
        return self.layers.index(self.layer(number))

    def readers(self, number: int) -> tuple[Layer, ...]:
        """The layers that read this one or the input, in order. Skip connections do not count."""
        return tuple(layer for layer in self.layers if number in layer.inputs)

    def to_json(self) -> dict[str, Any]:
        """The network as plain JSON, which `read` reads."""
        return {
            "input": list(self.input),
            "next_id": self.next_id,
            "layers": [layer.to_json() for layer in self.layers],
        }


def linear(shape: tuple[int, int, int], classes: int) -> Network:
    """The network with the fewest layers: the mean of each channel, and the classifier."""
    layers = (Layer(1, "global_pool", (INPUT,)), Layer(2, "linear", (1,), {"units": classes}))
    return Network(shape, layers, next_id=3)

"""The changes of a network that keep its function: deeper, wider, and with a skip connection.

Jin, Song, Hu: Auto-Keras, https://arxiv.org/abs/1806.10282, section 2.2. How a trial carries them
out on weights: `heirloom.nas.network`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from random import Random
from typing import Any

from ....space.network import Layer, Network, ShapeError, change, insert, shapes
from ....space.network.correspondence import positive
from ....space.network.groups import groups
from .outline import outline, row

_KERNEL = 3  # of new layers
Morph = Callable[[], Network]


def morphs(network: Network) -> dict[str, list[Morph]]:
    """Every change by its kind. A change raises ShapeError if sizes do not fit."""
    return {
        "deeper": list(_deeper(network)),
        "wider": list(_wider(network)),
        "skip": list(_skip(network)),
    }


def draw(network: Network, rng: Random, tries: int) -> Iterator[Network]:
    """Changed networks from so many draws: the kind is random, then the change."""
    kinds = [found for found in morphs(network).values() if found]
    for _ in range(tries if kinds else 0):
        try:
            yield rng.choice(rng.choice(kinds))()
        except ShapeError:
            continue


def every(network: Network) -> Iterator[Network]:
    """The network after each change."""
    for found in morphs(network).values():
        for morph in found:
            try:
                yield morph()
            except ShapeError:
                continue


def _deeper(network: Network) -> Iterator[Morph]:
    """A convolution after a layer of the row, with BatchNorm and ReLU.

    The layer's outputs must not be below zero: ReLU keeps only these.
    """
    known, above_zero = shapes(network), positive(network)
    for layer in row(network):
        if len(known[layer.id]) == 3 and layer.id in above_zero:
            yield partial(
                insert,
                network,
                "conv",
                [layer.id],
                filters=known[layer.id][0],
                kernel=[_KERNEL, _KERNEL],
                stride=1,
                activation="bn_relu",
            )


def _wider(network: Network) -> Iterator[Morph]:
    """Twice the filters of a convolution, and of those whose outputs are added to its outputs."""
    members: dict[int, list[int]] = {}
    for number, group in groups(network).items():
        members.setdefault(group, []).append(number)
    for group, numbers in members.items():
        if group:
            yield partial(_doubled, network, numbers)


def _doubled(network: Network, numbers: list[int]) -> Network:
    for number in numbers:
        network = change(network, number, filters=2 * network.layer(number)["filters"])
    return network


def _skip(network: Network) -> Iterator[Morph]:
    """A connection from a convolution of the row to a later one, by addition or concatenation."""
    ends = [layer for layer in row(network) if layer.type == "conv"]
    for kind in ("add", "concat"):
        for start, end in combinations(ends, 2):
            yield partial(_connected, network, kind, start, end)


def _connected(network: Network, kind: str, start: Layer, end: Layer) -> Network:
    """Raises ShapeError also for a connection that the network has."""
    readers = [layer.id for layer in network.readers(end.id)]
    filters = end["filters"]
    on_way = row(network)
    on_way = on_way[on_way.index(start) + 1 : on_way.index(end) + 1]
    past = start.id
    for layer in on_way:  # reduce the image as the layers between do
        if layer.options.get("stride", 1) > 1:
            network, past = _inserted(network, "pool", [past], **_reduction(layer))
    linear = {"filters": filters, "kernel": [1, 1], "stride": 1, "activation": "none"}
    if kind == "add":
        network, past = _inserted(network, "conv", [past], **linear)
        network, join = _inserted(network, "add", [end.id, past], readers)
    else:
        network, join = _inserted(network, "concat", [end.id, past], readers)
        network, _ = _inserted(network, "conv", [join], readers, **linear)
    shapes(network)  # raises ShapeError
    skips = outline(network).skips
    if len({*skips}) < len(skips):
        raise ShapeError(join, "the network has this connection already")
    return network


def _reduction(layer: Layer) -> dict[str, Any]:
    """The options of a pooling that gives an image the size that the layer gives it."""
    stride = layer["stride"]
    kernel = layer["kernel"] if layer.type == "pool" else 2 * stride - 1
    return {"method": "max", "kernel": kernel, "stride": stride}


def _inserted(
    network: Network, kind: str, inputs: list[int], readers: Sequence[int] = (), **options: Any
) -> tuple[Network, int]:
    """The network with a new layer before these readers, and the layer's id."""
    return insert(network, kind, inputs, before=readers, **options), network.next_id

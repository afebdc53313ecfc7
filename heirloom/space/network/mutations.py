"""Random changes of a network: those of Real et al. 2017, section 3.2.

Real, Moore, Selle, Saxena, Leon Suematsu, Tan, Le, Kurakin: Large-Scale Evolution of Image
Classifiers, ICML 2017, https://arxiv.org/abs/1703.01041

A number changes to one from half of it to twice as much, all of which are equally likely, and never
stays as it is. Of a stride that is its half or its double, since strides are powers of 2. A filter
size of 1 becomes 3. A skip connection is resized to where it ends, as in the paper. The paper's
networks are chains with skip connections. In other networks a layer can be inserted before any
layer that reads an image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Optional

from ..errors import SpaceError
from .edits import add_skip, change, insert, remove, remove_skip
from .graph import INPUT, Layer, Network
from .kinds import ACTIVATIONS, VERTICES
from .read import read
from .shapes import shapes

if TYPE_CHECKING:
    from random import Random  # for annotations: the core imports these modules

Mutation = Callable[[Network, "Random"], Optional[Network]]


def mutate_network(network: Network, name: str, rng: Random) -> Optional[Network]:
    """A network with one random change.

    name: one of `MUTATIONS`.

    Returns None where the network has nothing of the kind to change, and where the result would be
    no network: its layers do not fit together, or nothing reads one of them.
    """
    new = MUTATIONS[name](network, rng)
    try:
        return None if new is None else read(new.to_json())
    except SpaceError:
        return None


def half_to_double(number: int, rng: Random, *, odd: bool = False) -> int:
    """Another whole number, from half of one that is above 0 to twice as much.

    odd: an odd number; the given one is odd too.
    """
    step = 2 if odd else 1
    least = -(-number // 2)
    if odd and least % 2 == 0:
        least += 1
    others = (2 * number - least) // step
    if not others:
        return number + step
    index = rng.randrange(others)
    if index >= (number - least) // step:
        index += 1
    return least + index * step


def _insert_convolution(network: Network, rng: Random) -> Optional[Network]:
    """3x3 filters, as many as the input has channels, a stride of 1 or 2."""
    stride, activation = rng.choice((1, 2)), rng.choice(ACTIVATIONS)

    def options(channels: int) -> dict[str, Any]:
        return {"filters": channels, "kernel": (3, 3), "stride": stride, "activation": activation}

    return _inserted(network, "conv", options, rng)


def _insert_one_to_one(network: Network, rng: Random) -> Optional[Network]:
    """An identity, with or without batch normalization and ReLU."""
    activation = rng.choice(ACTIVATIONS)
    return _inserted(network, "identity", lambda channels: {"activation": activation}, rng)


def _inserted(
    network: Network, kind: str, options: Callable[[int], dict[str, Any]], rng: Random
) -> Optional[Network]:
    known = shapes(network)
    places = [
        (source, layer.id)
        for layer in network.layers
        for source in layer.inputs
        if len(known[source]) == 3
    ]
    if not places:
        return None
    source, reader = rng.choice(places)
    return insert(network, kind, [source], before=[reader], **options(known[source][0]))


def _remove_convolution(network: Network, rng: Random) -> Optional[Network]:
    layer = _some_convolution(network, rng)
    return None if layer is None else remove(network, layer.id)


def _alter_stride(network: Network, rng: Random) -> Optional[Network]:
    layer = _some_convolution(network, rng)
    if layer is None:
        return None
    stride = layer["stride"]
    new = rng.choice([2 * stride] if stride == 1 else [max(stride // 2, 1), 2 * stride])
    return change(network, layer.id, stride=new)


def _alter_channels(network: Network, rng: Random) -> Optional[Network]:
    layer = _some_convolution(network, rng)
    if layer is None:
        return None
    return change(network, layer.id, filters=half_to_double(layer["filters"], rng))


def _alter_filter_size(network: Network, rng: Random) -> Optional[Network]:
    """Either the height or the width, of odd numbers."""
    layer = _some_convolution(network, rng)
    if layer is None:
        return None
    kernel = list(layer["kernel"])
    side = rng.randrange(2)
    kernel[side] = half_to_double(kernel[side], rng, odd=True)
    return change(network, layer.id, kernel=tuple(kernel))


def _add_skip(network: Network, rng: Random) -> Optional[Network]:
    known = shapes(network)
    pairs = []
    starts = [INPUT]
    for layer in network.layers:
        if layer.type in VERTICES:
            pairs += [(start, layer.id) for start in starts if start not in layer.skips]
        if len(known[layer.id]) == 3:
            starts.append(layer.id)
    return add_skip(network, *rng.choice(pairs)) if pairs else None


def _remove_skip(network: Network, rng: Random) -> Optional[Network]:
    pairs = [(start, layer.id) for layer in network.layers for start in layer.skips]
    return remove_skip(network, *rng.choice(pairs)) if pairs else None


def _some_convolution(network: Network, rng: Random) -> Optional[Layer]:
    found = [layer for layer in network.layers if layer.type == "conv"]
    return rng.choice(found) if found else None


MUTATIONS: Mapping[str, Mutation] = {
    "insert_convolution": _insert_convolution,
    "remove_convolution": _remove_convolution,
    "alter_stride": _alter_stride,
    "alter_channels": _alter_channels,
    "alter_filter_size": _alter_filter_size,
    "insert_one_to_one": _insert_one_to_one,
    "add_skip": _add_skip,
    "remove_skip": _remove_skip,
}

"""Changes of a network. Each returns a new one, and leaves the ids of all other layers as they are.

They check ids and options. Whether the shapes still fit is found by `shapes`. All of them raise
KeyError for the id of a layer that the network does not have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Optional

from .graph import Layer, Network
from .kinds import CLASSIFIER, JOINS, KINDS, VERTICES, wrong_sources


def insert(
    network: Network,
    kind: str,
    inputs: Sequence[int],
    *,
    before: Optional[Sequence[int]] = None,
    skips: Sequence[int] = (),
    **options: Any,
) -> Network:
    """Add a layer, which gets the network's `next_id`.

    kind: the type of the layer.
    inputs: ids of the layers that it reads.
    before: ids of the layers that read the new one in place of its first input. By default all that
        read the first input; `()`: none yet, as for the first layer of a new branch.
    skips: ids of the layers from which a skip connection comes to the new one.
    options: those of the type. A kernel is a pair.

    Skip connections from the first input stay where they are. Raises ValueError for a layer that
    `read` would refuse, but not for one that nothing reads yet.
    """
    if kind not in KINDS or kind == CLASSIFIER:
        known = ", ".join(each for each in KINDS if each != CLASSIFIER)
        raise ValueError(f"the type of a new layer must be one of {known}, not {kind!r}")
    for key, text in wrong_sources(kind, inputs, skips):
        raise ValueError(f"{key}: {text}")
    place = 1 + max(map(network.position, (*inputs, *skips)))
    new = Layer(network.next_id, kind, tuple(inputs), _checked(kind, options), tuple(skips))
    readers = [layer.id for layer in network.readers(inputs[0])] if before is None else before
    for reader in readers:
        if inputs[0] not in network.layer(reader).inputs:
            raise ValueError(f"layer {reader} does not read {inputs[0]}")
        if network.position(reader) < place:
            raise ValueError(f"layer {reader} comes before a layer that the new one reads")
    layers = [
        replace(layer, inputs=_renamed(layer.inputs, inputs[0], new.id))
        if layer.id in readers
        else layer
        for layer in network.layers
    ]
    layers.insert(place, new)
    return replace(network, layers=tuple(layers), next_id=network.next_id + 1)


def remove(network: Network, number: int) -> Network:
    """Remove a layer with one input. What read it reads that input.

    Skip connections to it are removed. Those from it come from its input. Raises ValueError for the
    classifier and for a layer with several inputs.
    """
    layer = network.layer(number)
    if layer.type in (CLASSIFIER, *JOINS):
        raise ValueError(f"layer {number} ({layer.type}) cannot be removed")
    [source] = layer.inputs
    layers = [
        replace(
            other,
            inputs=_renamed(other.inputs, number, source),
            skips=tuple(dict.fromkeys(_renamed(other.skips, number, source))),
        )
        for other in network.layers
        if other.id != number
    ]
    return replace(network, layers=tuple(layers))


def change(network: Network, number: int, **options: Any) -> Network:
    """Change options of a layer. Raises ValueError for one that its type does not have."""
    layer = network.layer(number)
    new = replace(layer, options=_checked(layer.type, {**layer.options, **options}))
    return _with(network, new)


def add_skip(network: Network, start: int, end: int) -> Network:
    """Add a skip connection from a layer or the input to a later layer. Raises ValueError."""
    layer = network.layer(end)
    if layer.type not in VERTICES:
        raise ValueError(f"a skip connection cannot end at layer {end} ({layer.type})")
    if start in layer.skips:
        raise ValueError(f"layer {end} has a skip connection from {start} already")
    if network.position(start) >= network.position(end):
        raise ValueError(f"a skip connection to layer {end} cannot come from {start}, a later one")
    return _with(network, replace(layer, skips=(*layer.skips, start)))


def remove_skip(network: Network, start: int, end: int) -> Network:
    """Remove a skip connection. Raises ValueError if there is no such one."""
    layer = network.layer(end)
    if start not in layer.skips:
        raise ValueError(f"layer {end} has no skip connection from {start}")
    return _with(network, replace(layer, skips=tuple(s for s in layer.skips if s != start)))


def _with(network: Network, new: Layer) -> Network:
    layers = tuple(new if layer.id == new.id else layer for layer in network.layers)
    return replace(network, layers=layers)


def _renamed(numbers: tuple[int, ...], old: int, new: int) -> tuple[int, ...]:
    return tuple(new if number == old else number for number in numbers)


def _checked(kind: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options in the order of the type. Raises ValueError."""
    known = KINDS[kind]
    if options.keys() != known.keys():
        raise ValueError(f"{kind} has the options {', '.join(known) or 'none'}")
    for name, option in known.items():
        if not option.accepts(options[name]):
            raise ValueError(f"{name} must be {option.described}, not {options[name]!r}")
    ordered = {name: options[name] for name in known}
    return {n: tuple(v) if isinstance(v, list) else v for n, v in ordered.items()}

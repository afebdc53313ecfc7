"""Which channels of a network equal which channels of another one that it descends from.

A descendant of wider and more layers can compute what its ancestor computes. This module finds out
where that is so, from the two networks alone: it does not matter how many changes lie between them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Optional

from .graph import INPUT, Layer, Network
from .groups import groups
from .shapes import Shape, shapes

Channel = Optional[tuple[int, int]]  # id of a layer of the ancestor and a channel; None: any other
Channels = tuple[Channel, ...]

COPY, IDENTITY, ZERO = "copy", "identity", "zero"


@dataclass(frozen=True)
class Start:
    """How the weights of a layer start so that the descendant keeps the ancestor's function.

    Args:
        kind: COPY: from the ancestor's weights. IDENTITY: it returns channels of its input. ZERO:
            all of its weights are zero.
        outputs: for COPY the ancestor's unit that each unit copies, for IDENTITY the input that
            each unit returns.
        inputs: for COPY, the ancestor's input that each input equals; None for any other, whose
            weights are zero.
        origin: for IDENTITY, the ancestor's channel that each unit equals.
    """

    kind: str
    outputs: tuple[int, ...] = ()
    inputs: tuple[Optional[int], ...] = ()
    origin: Channels = ()


@dataclass
class Correspondence:
    """What a descendant takes over from an ancestor.

    Args:
        starts: by layer. A layer that is missing has no weights, or cannot keep its function.
        preserved: whether the descendant computes what the ancestor computes.
    """

    starts: dict[int, Start] = field(default_factory=dict)
    preserved: bool = False


def correspondence(ancestor: Network, descendant: Network) -> Correspondence:
    """Find what the descendant takes over. The networks may have nothing in common."""
    if ancestor.input[0] != descendant.input[0]:
        return Correspondence()
    return _Walk(ancestor, descendant).result


class _Walk:
    """Goes through the descendant's layers, from the input on."""

    def __init__(self, ancestor: Network, descendant: Network) -> None:
        self._old = {layer.id: layer for layer in ancestor.layers}
        self._old_shapes = shapes(ancestor)
        self._new_shapes = shapes(descendant)
        self._positive = positive(ancestor)
        self._groups = groups(descendant)
        self._maps: dict[int, tuple[int, ...]] = {}  # by group
        self._zeros = self._zero_layers(descendant)
        self._channels: dict[int, Channels] = {INPUT: _whole(INPUT, descendant.input)}
        self._carried: dict[int, int] = {INPUT: INPUT}  # the tensor that layers return
        self.result = Correspondence()
        for layer in descendant.layers:
            self._visit(layer)
        last = descendant.layers[-1].id
        self.result.preserved = None not in self._channels[last]

    def _visit(self, layer: Layer) -> None:
        if layer.id in self._old:
            found = self._known(layer, self._old[layer.id])
            carried = layer.id
        else:
            found = self._added(layer)
            carried = self._carried[layer.inputs[0]]
        if found is None:
            found = (None,) * self._new_shapes[layer.id][0]
        self._channels[layer.id] = found
        self._carried[layer.id] = carried

    def _known(self, layer: Layer, old: Layer) -> Optional[Channels]:
        """The channels of a layer that the ancestor has; None if it computes something else."""
        fixed = {name: value for name, value in layer.options.items() if name != "filters"}
        if (
            layer.type != old.type
            or any(old.options[name] != value for name, value in fixed.items())
            or len(layer.inputs) != len(old.inputs)
            or not self._same_skips(layer, old)
        ):
            return None
        read = [self._channels[each] for each in layer.inputs]
        if layer.type in ("conv", "linear"):
            return self._weighted(layer, old, read[0])
        if layer.type == "add":
            return tuple(_common(layer.id, old.inputs, channels) for channels in zip(*read))
        if layer.type == "concat":
            return self._concat(layer, old, read)
        numbers = [_number(old.inputs[0], channel) for channel in read[0]]
        if layer.options.get("activation") == "bn_relu":
            if None in numbers:
                return None
            self.result.starts[layer.id] = Start(COPY, tuple(n for n in numbers if n is not None))
        return tuple(None if number is None else (layer.id, number) for number in numbers)

    def _added(self, layer: Layer) -> Optional[Channels]:
        """The channels of a layer that the ancestor does not have."""
        if layer.skips:
            return None
        read = self._channels[layer.inputs[0]]
        if layer.id in self._zeros:
            self.result.starts[layer.id] = Start(ZERO)
            return None
        if layer.type == "conv":
            return self._identity(layer, read)
        if layer.type == "add":
            return read if self._zeros.issuperset(layer.inputs[1:]) else None
        if layer.type == "concat":
            return tuple(c for each in layer.inputs for c in self._channels[each])
        if layer.type == "dropout" or layer.options == {"activation": "none"}:
            return read
        if layer.type == "identity":
            numbers = tuple(range(len(read)))
            self.result.starts[layer.id] = Start(IDENTITY, numbers, origin=read)
            return read if all(c and c[0] in self._positive for c in read) else None
        return None

    def _weighted(self, layer: Layer, old: Layer, read: Channels) -> Optional[Channels]:
        source = old.inputs[0]
        inputs = tuple(_number(source, channel) for channel in read)
        units = old["filters"] if layer.type == "conv" else old["units"]
        outputs = self._outputs(layer, units)
        wanted = self._old_shapes[source][0]
        same_size = layer.type == "conv" or (
            self._old_shapes[source][1:] == self._new_shapes[layer.inputs[0]][1:]
        )
        if outputs is None or not same_size or len({*inputs} - {None}) != wanted:
            return None
        self.result.starts[layer.id] = Start(COPY, outputs, inputs)
        return tuple((layer.id, number) for number in outputs)

    def _identity(self, layer: Layer, read: Channels) -> Optional[Channels]:
        source = self._carried[layer.inputs[0]]
        if layer["stride"] != 1:
            return None
        if layer["activation"] == "bn_relu" and source not in self._positive:
            return None
        outputs = self._outputs(layer, self._old_shapes[source][0])
        places: dict[Channel, list[int]] = {}
        for index, channel in enumerate(read):
            places.setdefault(channel, []).append(index)
        if outputs is None or any((source, number) not in places for number in outputs):
            return None
        # Copies of a channel are returned in turn.
        chosen = []
        for number in outputs:
            found = places[source, number]
            chosen.append(found[0])
            found.append(found.pop(0))
        origin = tuple((source, number) for number in outputs)
        self.result.starts[layer.id] = Start(IDENTITY, tuple(chosen), origin=origin)
        return origin

    def _outputs(self, layer: Layer, before: int) -> Optional[tuple[int, ...]]:
        """Which of `before` units each unit copies; None if there are fewer than before.

        Layers whose outputs are added to each other copy the same units.
        """
        now = self._new_shapes[layer.id][0]
        if now < before:
            return None
        group = self._groups.get(layer.id) or layer.id
        if group not in self._maps:
            rng = random.Random(f"{group} {before} {now}")  # noqa: S311 - it must be repeatable
            copies = (rng.randrange(before) for _ in range(now - before))
            self._maps[group] = (*range(before), *copies)
        found = self._maps[group]
        return found if len(found) == now and max(found) == before - 1 else None

    def _concat(self, layer: Layer, old: Layer, read: Sequence[Channels]) -> Channels:
        found: list[Channel] = []
        offset = 0
        for source, channels in zip(old.inputs, read):
            for channel in channels:
                number = _number(source, channel)
                found.append(None if number is None else (layer.id, offset + number))
            offset += self._old_shapes[source][0]
        return tuple(found)

    def _same_skips(self, layer: Layer, old: Layer) -> bool:
        """Whether skip connections, whose outputs are resized, are as they were."""
        if not layer.skips and not old.skips:
            return True
        return (
            layer.skips == old.skips
            and self._new_shapes[layer.id] == self._old_shapes[layer.id]
            and all(
                self._channels[each] == _whole(each, self._old_shapes[each]) for each in layer.skips
            )
        )

    def _zero_layers(self, network: Network) -> set[int]:
        """New convolutions whose outputs are added to what the ancestor computes."""
        layers = {layer.id: layer for layer in network.layers}
        added = {
            each
            for layer in network.layers
            if layer.type == "add" and layer.id not in self._old
            for each in layer.inputs[1:]
        }
        return {
            each
            for each in added - self._old.keys() - {INPUT}
            if layers[each].type == "conv"
            and layers[each]["activation"] == "none"
            and not layers[each].skips
        }


def positive(network: Network) -> set[int]:
    """The layers whose outputs are never below zero."""
    found: set[int] = set()
    for layer in network.layers:
        activation = layer.options.get("activation")
        if activation == "bn_relu" or (
            activation != "none" and layer.type != "linear" and found.issuperset(layer.inputs)
        ):
            found.add(layer.id)
    return found


def _whole(number: int, shape: Shape) -> Channels:
    return tuple((number, channel) for channel in range(shape[0]))


def _number(source: int, channel: Channel) -> Optional[int]:
    """The number of a channel, if it is one of `source`."""
    return channel[1] if channel is not None and channel[0] == source else None


def _common(layer: int, sources: Sequence[int], channels: Sequence[Channel]) -> Channel:
    """The channel of a sum whose summands are the same channel of each source."""
    numbers = {_number(source, channel) for source, channel in zip(sources, channels)}
    [number, *others] = numbers
    return None if others or number is None else (layer, number)

"""What follows from a network: the shapes of its layers and tensors, and its cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Optional

from .graph import INPUT, Layer, Network

Shape = tuple[int, ...]  # channels, height, width; or the length of a vector

_NOT_LEARNED = ("running_mean", "running_var", "num_batches_tracked")


class ShapeError(ValueError):
    """Layers that do not fit together. `layer` is the id of the first one that does not."""

    def __init__(self, layer: int, text: str) -> None:
        self.layer = layer
        self.text = text
        super().__init__(f"layer {layer}: {text}")


def shapes(network: Network, shape: Optional[tuple[int, int, int]] = None) -> dict[int, Shape]:
    """The shapes of all outputs by id, without the batch.

    Convolutions and pools pad an image by (kernel - 1) / 2 on each side, rounded down. So the
    height after a convolution is the height before it, divided by the stride and rounded up.

    shape: of the input, instead of the network's own.

    Raises ShapeError.
    """
    found: dict[int, Shape] = {INPUT: network.input if shape is None else shape}
    for layer in network.layers:
        for skip in layer.skips:
            _image(layer, found[skip])
        found[layer.id] = _RULES[layer.type](layer, [found[each] for each in layer.inputs])
    return found


def tensors(network: Network) -> dict[str, Shape]:
    """The shapes of the tensors of the PyTorch module that `heirloom.nas.network` builds, by name.

    Raises ShapeError.
    """
    known = shapes(network)
    found: dict[str, Shape] = {}
    for layer in network.layers:
        (first, *_), prefix = (known[each] for each in layer.inputs), f"layers.{layer.id}"
        if layer.type == "conv":
            found[f"{prefix}.conv.weight"] = (layer["filters"], first[0], *layer["kernel"])
            if layer["activation"] == "none":
                found[f"{prefix}.conv.bias"] = (layer["filters"],)
        elif layer.type == "linear":
            found[f"{prefix}.linear.weight"] = (layer["units"], math.prod(first))
            found[f"{prefix}.linear.bias"] = (layer["units"],)
        if layer.options.get("activation") == "bn_relu":
            channels = known[layer.id][:1]
            for name in ("weight", "bias", "running_mean", "running_var"):
                found[f"{prefix}.norm.{name}"] = channels
            found[f"{prefix}.norm.num_batches_tracked"] = ()
    return found


def parameters(network: Network) -> int:
    """The number of learned parameters. Raises ShapeError."""
    return sum(
        math.prod(shape)
        for name, shape in tensors(network).items()
        if not name.endswith(_NOT_LEARNED)
    )


def macs(network: Network) -> int:
    """The multiply-adds of convolutions and the classifier for one image. Raises ShapeError."""
    known, weights = shapes(network), tensors(network)
    found = 0
    for layer in network.layers:
        if layer.type in ("conv", "linear"):
            size = math.prod(weights[f"layers.{layer.id}.{layer.type}.weight"])
            found += size * math.prod(known[layer.id][1:])
    return found


def _image(layer: Layer, shape: Shape) -> tuple[int, int, int]:
    """The shape, which has to be an image's."""
    if len(shape) != 3:
        raise ShapeError(layer.id, f"{layer.type} needs an image, not a vector")
    channels, height, width = shape
    return channels, height, width


def _conv(layer: Layer, inputs: list[Shape]) -> Shape:
    _, height, width = _image(layer, inputs[0])
    stride = layer["stride"]
    return layer["filters"], -(-height // stride), -(-width // stride)


def _pool(layer: Layer, inputs: list[Shape]) -> Shape:
    channels, *size = _image(layer, inputs[0])
    kernel, stride = layer["kernel"], layer["stride"]
    padded = [length + (kernel - 1) // 2 * 2 for length in size]
    if min(padded) < kernel:
        raise ShapeError(
            layer.id, f"an image of {size[0]}x{size[1]} is too small for a kernel of {kernel}"
        )
    height, width = ((length - kernel) // stride + 1 for length in padded)
    return channels, height, width


def _same(layer: Layer, inputs: list[Shape]) -> Shape:
    return inputs[0]


def _identity(layer: Layer, inputs: list[Shape]) -> Shape:
    return _image(layer, inputs[0])


def _add(layer: Layer, inputs: list[Shape]) -> Shape:
    for shape in inputs:
        if shape != inputs[0]:
            raise ShapeError(layer.id, f"add needs equal shapes, not {inputs[0]} and {shape}")
    return inputs[0]


def _concat(layer: Layer, inputs: list[Shape]) -> Shape:
    for shape in inputs:
        if shape[1:] != inputs[0][1:]:
            raise ShapeError(
                layer.id, f"concat needs images of one size, not {inputs[0]} and {shape}"
            )
    return (sum(shape[0] for shape in inputs), *inputs[0][1:])


def _global_pool(layer: Layer, inputs: list[Shape]) -> Shape:
    return _image(layer, inputs[0])[:1]


def _linear(layer: Layer, inputs: list[Shape]) -> Shape:
    return (layer["units"],)


_RULES: Mapping[str, Callable[[Layer, list[Shape]], Shape]] = {
    "conv": _conv,
    "identity": _identity,
    "pool": _pool,
    "add": _add,
    "concat": _concat,
    "dropout": _same,
    "global_pool": _global_pool,
    "linear": _linear,
}

"""The PyTorch module of a network that a tuner has put together from layers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Optional

import torch
from torch import nn
from torch.nn import functional

from ..morphism.growth import Growth, Moments, rectified
from ..space import SpaceError
from ..space import network as graphs
from ..space.network.correspondence import COPY, Channels, correspondence
from ..weights.errors import WeightsError
from .errors import NasError

Tensors = Sequence[torch.Tensor]

_OF_LAYER = re.compile(r"layers\.([0-9]+)\.(.+)")  # the name of a layer's tensor


class LayeredNetwork(nn.Module):
    """A network of layers by id.

    The tensors of layer 7 have names such as `layers.7.conv.weight`, also in the networks of the
    children. `heirloom.space.network.tensors` lists the names and the shapes.
    `heirloom.torch.save` saves the layers beside the weights.
    """

    def __init__(
        self, graph: graphs.Network, *, keep_function: bool = False, noise: float = 0.0
    ) -> None:
        super().__init__()
        self.graph = graph
        self.structure = graph.to_json()
        self._growth = Growth(noise) if keep_function else None
        self.input_shape = graph.input
        known = graphs.shapes(graph)
        self.layers = nn.ModuleDict(
            {
                str(layer.id): _built(layer, known[layer.inputs[0]], known[layer.id])
                for layer in graph.layers
            }
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The scores of the classes for a batch of images."""
        outputs = {graphs.INPUT: x}
        for layer in self.graph.layers:
            inputs, skips = ([outputs[n] for n in ids] for ids in (layer.inputs, layer.skips))
            outputs[layer.id] = self.layers[str(layer.id)](inputs, skips)
        return outputs[self.graph.layers[-1].id]

    def grown(
        self, structure: Any, weights: Mapping[str, torch.Tensor]
    ) -> Optional[tuple[dict[str, torch.Tensor], bool]]:
        """The tensors with which this network keeps the function of one that it descends from.

        structure: the layers of that network. weights: its tensors.

        The second value is whether all of the function is kept. None without `keep_function`.
        Raises WeightsError for a structure that is no network.
        """
        if self._growth is None:
            return None
        try:
            ancestor = graphs.read(structure)
        except SpaceError as error:
            raise WeightsError(f"the weights are of no network: {error}") from None
        found = correspondence(ancestor, self.graph)
        shapes = _by_layer(graphs.tensors(self.graph))
        old = _by_layer(weights)
        made: dict[str, torch.Tensor] = {}
        for number, start in found.starts.items():
            if start.kind == COPY:
                layer = self._growth.copied(start, old.get(number, {}))
            else:
                moments = _moments(ancestor, old, start.origin)
                layer = self._growth.added(start, shapes[number], moments)
            made.update({f"layers.{number}.{name}": tensor for name, tensor in layer.items()})
        return made, found.preserved


class Vertex(nn.Module):
    """A convolution or an identity, skip connections added to it, and its activation."""

    def __init__(self, layer: graphs.Layer, inputs: int, outputs: int) -> None:
        super().__init__()
        has_norm = layer["activation"] == "bn_relu"
        self.conv: nn.Module = nn.Identity()
        if layer.type == "conv":
            height, width = layer["kernel"]
            self.conv = nn.Conv2d(
                inputs,
                outputs,
                (height, width),
                layer["stride"],
                (height // 2, width // 2),
                bias=not has_norm,
            )
            nn.init.kaiming_normal_(self.conv.weight, nonlinearity="relu")  # He et al. 2015
        self.norm = nn.BatchNorm2d(outputs) if has_norm else None

    def forward(self, inputs: Tensors, skips: Tensors) -> torch.Tensor:
        """The output for one input and any number of skip connections."""
        x: torch.Tensor = self.conv(inputs[0])
        for skip in skips:
            x = x + resized(skip, x)
        return x if self.norm is None else functional.relu(self.norm(x))


class Linear(nn.Module):
    """The classifier."""

    def __init__(self, inputs: int, units: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, units)

    def forward(self, inputs: Tensors, skips: Tensors) -> torch.Tensor:
        """The scores."""
        scores: torch.Tensor = self.linear(inputs[0].flatten(1))
        return scores


class Plain(nn.Module):
    """A layer of one input without parameters."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, inputs: Tensors, skips: Tensors) -> torch.Tensor:
        """What the module returns."""
        output: torch.Tensor = self.module(inputs[0])
        return output


class Join(nn.Module):
    """The sum of several inputs, or their channels one after the other."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, inputs: Tensors, skips: Tensors) -> torch.Tensor:
        """The joined inputs."""
        return (
            torch.cat(tuple(inputs), 1) if self.kind == "concat" else torch.stack([*inputs]).sum(0)
        )


class GlobalPool(nn.Module):
    """The mean of each channel."""

    def forward(self, inputs: Tensors, skips: Tensors) -> torch.Tensor:
        """One number for each channel."""
        return inputs[0].mean((2, 3))


def network(
    value: Mapping[str, Any], *, keep_function: bool = False, noise: float = 1e-4
) -> LayeredNetwork:
    """The module of a network, such as `params["network"]` of a trial.

    It has new weights; `heirloom.torch.inherit` loads those of the layers that the trial's parent
    has too, with the same shape.

    value: a value of the type `layers`, in its JSON form.
    keep_function: whether `inherit` gives a network that descends from the one whose weights it
        inherits the same function, also with wider layers, new ones and new skip connections. The
        trial whose weights are restored need not be the parent that the tuner named.
    noise: of new weights when the function is kept, as a share of half the range of weights. 0
        keeps the function up to rounding.

    Raises NasError if it is no network.
    """
    try:
        return LayeredNetwork(graphs.read(value), keep_function=keep_function, noise=noise)
    except SpaceError as error:
        raise NasError(f"no network: {error}") from None


def _by_layer(found: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """Values by layer and the last parts of the names, such as `conv.weight`.

    Values of other names are left out: a module may have tensors beside those of its layers.
    """
    layers: dict[int, dict[str, Any]] = {}
    for name, value in found.items():
        matched = _OF_LAYER.fullmatch(name)
        if matched:
            layers.setdefault(int(matched[1]), {})[matched[2]] = value
    return layers


def _moments(
    graph: graphs.Network, weights: Mapping[int, Mapping[str, torch.Tensor]], channels: Channels
) -> Optional[Moments]:
    """Mean and variance of channels of a network, from the BatchNorm that they last went through.

    Poolings and additions after it are left out of account. None if there is no BatchNorm.
    """
    numbers = {channel[0] for channel in channels if channel is not None}
    if len(numbers) != 1:
        return None
    [number] = numbers
    while number != graphs.INPUT and graph.layer(number).type in ("pool", "dropout", "add"):
        number = graph.layer(number).inputs[0]
    norm = weights.get(number, {})
    if "norm.weight" not in norm:
        return None
    index = torch.tensor([channel[1] for channel in channels if channel is not None])
    return rectified(norm["norm.weight"][index], norm["norm.bias"][index])


def resized(skip: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """A skip connection in the shape of another tensor.

    Its size is changed by nearest-neighbour interpolation. Channels that are too many are left out,
    and missing ones are 0.
    """
    if skip.shape[2:] != like.shape[2:]:
        skip = functional.interpolate(skip, size=like.shape[2:], mode="nearest")
    missing = like.shape[1] - skip.shape[1]
    if missing > 0:
        return functional.pad(skip, (0, 0, 0, 0, 0, missing))
    return skip[:, : like.shape[1]]


def _built(layer: graphs.Layer, before: tuple[int, ...], after: tuple[int, ...]) -> nn.Module:
    """The module of a layer between two shapes."""
    if layer.type in ("conv", "identity"):
        return Vertex(layer, before[0], after[0])
    if layer.type == "linear":
        return Linear(torch.Size(before).numel(), layer["units"])
    if layer.type == "pool":
        kernel, stride, padding = layer["kernel"], layer["stride"], (layer["kernel"] - 1) // 2
        if layer["method"] == "max":
            return Plain(nn.MaxPool2d(kernel, stride, padding))
        return Plain(nn.AvgPool2d(kernel, stride, padding, count_include_pad=False))
    if layer.type == "dropout":
        return Plain(nn.Dropout(layer["rate"]))
    return GlobalPool() if layer.type == "global_pool" else Join(layer.type)

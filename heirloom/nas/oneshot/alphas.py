"""Architecture parameters of a supernet: how much each option of each choice counts, as in DARTS.

Liu, Simonyan, Yang: DARTS: Differentiable Architecture Search, ICLR 2019,
https://arxiv.org/abs/1806.09055
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ..errors import NasError
from ..model import parts
from ..parts import Choice, Part

NAME = "alphas"  # the child of the network that holds them
SCALE = 1e-3  # the standard deviation at first, as in the code of DARTS


class Alphas(nn.Module):
    """One vector for each label, with a number for each option. Their softmax weighs the options.

    Places of the network with the same label share a vector.

    Raises NasError if the network has no choice among layers, or a part that has no weighted sum.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        found = parts(network)
        if not found:
            raise NasError(f"{type(network).__name__} has no choice among layers")
        self._parts = found  # a dictionary: no child, so that no tensor gets a second name
        for label, places in found.items():
            _check(label, places[0])
            self.register_parameter(
                _key(label), nn.Parameter(torch.randn(len(places[0].built)) * SCALE)
            )

    def mix(self) -> None:
        """Let every part return the sum of its options, each weighed by the softmax."""
        for label, places in self._parts.items():
            weights = self._vector(label).softmax(0)
            for part in places:
                part.mix(weights)

    def release(self) -> None:
        """Let every part return its chosen option again."""
        for places in self._parts.values():
            for part in places:
                part.mix(None)

    @torch.no_grad()
    def weights(self) -> dict[str, dict[str, float]]:
        """The weight of each option by label, after the softmax: a trial's result has them."""
        return {
            label: dict(zip(places[0].built, self._vector(label).double().softmax(0).tolist()))
            for label, places in self._parts.items()
        }

    def _vector(self, label: str) -> torch.Tensor:
        vector = getattr(self, _key(label))
        assert isinstance(vector, torch.Tensor)
        return vector


def add_alphas(network: nn.Module) -> Alphas:
    """Give a supernet architecture parameters, as its child `alphas`. They are random at first.

    From now on the network computes the weighted sum of all options. `heirloom.torch.save` and
    `inherit` treat the parameters as they treat the network's weights; `shared_weights` tells them
    apart. A candidate has none.

    Raises NasError as `Alphas` does, and for a network that has a child `alphas`.
    """
    if hasattr(network, NAME):
        raise NasError(f"{type(network).__name__} has an attribute {NAME}: rename it")
    found = Alphas(network)
    network.add_module(NAME, found)
    network.register_forward_pre_hook(_mix)
    network.register_forward_hook(_release, always_call=True)
    return found


def alphas_of(network: nn.Module) -> Alphas:
    """The architecture parameters of a network. Raises NasError for a network without them."""
    found = getattr(network, NAME, None)
    if not isinstance(found, Alphas):
        raise NasError(f"{type(network).__name__} has no alphas: call nas.add_alphas(network)")
    return found


def shared_weights(network: nn.Module) -> list[nn.Parameter]:
    """The parameters of a supernet that are weights, not architecture parameters."""
    own = {id(parameter) for parameter in alphas_of(network).parameters()}
    return [parameter for parameter in network.parameters() if id(parameter) not in own]


def _mix(network: nn.Module, _inputs: Any) -> None:
    alphas_of(network).mix()


def _release(network: nn.Module, _inputs: Any, _output: Any) -> None:
    """Leave no tensor of this pass in the network: it could not be copied."""
    alphas_of(network).release()


def _check(label: str, part: Part) -> None:
    if not isinstance(part, Choice):
        raise NasError(
            f"{label!r} is no choice among layers: {type(part).__name__.lower()} has no weighted "
            "sum in DARTS. Leave it out of the model, or use another method"
        )


def _key(label: str) -> str:
    """The name of a label's parameter: PyTorch allows no dot in it."""
    return "of/" + label.replace(".", "/")

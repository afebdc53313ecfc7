"""The network with choices in it, of the trial's size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from heirloom import nas
from heirloom.nas.spaces import ChainNet, MacroNet

from .sizes import of_trial

RATES = (0.0005, 0.001, 0.002, 0.004, 0.008)
RATE = 0.002  # where it is not chosen


def net() -> ChainNet:
    """A chain of convolutions in two stages: width, depth and each kernel are chosen."""
    size = of_trial()
    shape = (1, size.side, size.side)
    return ChainNet(input_shape=shape, widths=size.widths, depths=size.depths)


class WithRate(nn.Module):
    """The same, and the learning rate is chosen too."""

    def __init__(self) -> None:
        super().__init__()
        self.rate: float = nas.value("rate", RATES)
        self.net = net()
        self.input_shape = self.net.input_shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Class scores of a batch of images."""
        scores: torch.Tensor = self.net(x)
        return scores


def macro() -> MacroNet:
    """The macro space of ENAS. Its layers can be shared; the widths of a chain cannot."""
    size = of_trial()
    channels, layers = size.macro
    return MacroNet((1, size.side, size.side), channels=channels, layers=layers)


def build(params: Mapping[str, Any]) -> nn.Module:
    """The network of a candidate of any method. The last trial of enas has it in `params`."""
    params = params.get("params", params)
    if "network" in params:
        return nas.network(params["network"], keep_function=True)
    if "layer0.op" in params:
        return nas.candidate(macro, params)
    return nas.candidate(WithRate if "rate" in params else net, params)

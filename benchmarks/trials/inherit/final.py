"""Trains a network that a search has chosen, from nothing: `python -m inherit.final EPOCHS`.

The param `chosen` has the params of the network; others tell repeats apart.
"""

from __future__ import annotations

import sys

import torch

from heirloom import trial

from .learning import learn
from .net import RATE, build


def main() -> None:
    """Train the network. Its test accuracy is read afterwards (inherit.tested)."""
    torch.manual_seed(trial.seed)
    params = trial.params["chosen"]
    model = build(params).to(trial.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=params.get("rate", RATE))
    learn(model, optimizer, range(int(sys.argv[1])))


main()

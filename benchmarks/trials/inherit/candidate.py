"""Trains one candidate of any method from what it inherits.

Usage: `python -m inherit.candidate [EPOCHS]`. Without EPOCHS, the tuner says how long it trains.
"""

from __future__ import annotations

import sys

import torch

from heirloom import trial
from heirloom.torch import inherit

from .learning import learn
from .net import RATE, build


def main() -> None:
    """Train the trial's candidate."""
    torch.manual_seed(trial.seed)
    params = trial.params
    model = build(params).to(trial.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=params.get("rate", RATE))
    if "epochs" in params:
        inherit(model, optimizer=optimizer)
        start = params["epochs_from"] if trial.restore_path else 0
        epochs = range(start, params["epochs"])
    else:
        inherit(model)
        epochs = range(int(sys.argv[1]))
    learn(model, optimizer, epochs)


main()

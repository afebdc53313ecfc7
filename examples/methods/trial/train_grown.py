"""Trains a network that at first computes what its parent computes, until it gains nothing more."""

import argparse

import torch
from learning import learn

from heirloom import nas, trial
from heirloom.torch import inherit

options = argparse.ArgumentParser()
options.add_argument("--epochs", type=int, default=200, help="the most epochs")
options.add_argument("--patience", type=int, default=5, help="epochs without gain that end it")
given = options.parse_args()

torch.manual_seed(trial.seed)
model = nas.network(trial.params["network"], keep_function=True).to(trial.device)
inherit(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
learn(model, optimizer, range(given.epochs), given.patience)

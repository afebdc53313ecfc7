"""Trains a network that the tuner has put together from layers."""

import torch
from learning import learn

from heirloom import nas, trial
from heirloom.torch import inherit

torch.manual_seed(trial.seed)
model = nas.network(trial.params["network"]).to(trial.device)
inherit(model, rules={"*": "whole"})  # a layer of another shape begins anew, as in the paper
optimizer = torch.optim.SGD(
    model.parameters(), lr=trial.params["rate"], momentum=0.9, weight_decay=1e-4
)
learn(model, optimizer, range(3))

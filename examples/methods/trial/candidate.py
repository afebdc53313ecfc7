"""Trains one candidate of the network in net.py from what it can inherit."""

import torch
from learning import learn
from net import net

from heirloom import nas, trial
from heirloom.torch import inherit

torch.manual_seed(trial.seed)
model = nas.candidate(net).to(trial.device)
inherit(model)
learn(model, torch.optim.Adam(model.parameters(), lr=0.005), range(2))

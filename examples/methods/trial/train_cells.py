"""Trains one candidate of the cells in net.py, from a parent's weights if the search names one."""

import torch
from learning import learn
from net import cells

from heirloom import nas, trial
from heirloom.torch import inherit

torch.manual_seed(trial.seed)
model = nas.candidate(cells).to(trial.device)
inherit(model)
learn(model, torch.optim.Adam(model.parameters(), lr=0.01), range(3))

"""Trains a convolutional network from its parent's weights on, as far as the tuner says."""

import torch
from learning import learn
from torch import nn

from heirloom import trial
from heirloom.torch import inherit

torch.manual_seed(trial.seed)
params = trial.params
width, kernel = params.get("width", 8), params.get("kernel", 3)
model = nn.Sequential(
    nn.Conv2d(1, width, kernel, padding=kernel // 2),
    nn.BatchNorm2d(width),
    nn.ReLU(),
    nn.MaxPool2d(2),
    nn.Conv2d(width, 2 * width, 3, padding=1),
    nn.BatchNorm2d(2 * width),
    nn.ReLU(),
    nn.AdaptiveAvgPool2d(2),
    nn.Flatten(),
    nn.Linear(8 * width, 10),
).to(trial.device)
optimizer = torch.optim.SGD(model.parameters(), lr=params["rate"], momentum=params["momentum"])
inherit(model, optimizer=optimizer)
start = params["epochs_from"] if trial.restore_path else 0
learn(model, optimizer, range(start, params["epochs"]))

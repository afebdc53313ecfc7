"""Trains a convolutional network from its parent's weights on, as far as the tuner says."""

import torch
from data import load
from torch import nn
from torch.nn.functional import cross_entropy

from heirloom import trial
from heirloom.torch import inherit, save

BATCH = 64

torch.manual_seed(trial.seed)
params = trial.params
width, kernel = params["width"], params["kernel"]
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
train, validation = (part._make(data.to(trial.device) for data in part) for part in load())

start = params["epochs_from"] if trial.restore_path else 0
for epoch in range(start, params["epochs"]):
    model.train()
    for batch in torch.randperm(len(train.labels)).split(BATCH):
        optimizer.zero_grad()
        loss = cross_entropy(model(train.pixels[batch]), train.labels[batch])
        loss.backward()
        optimizer.step()
    model.eval()
    with torch.no_grad():
        right = model(validation.pixels).argmax(1) == validation.labels
    accuracy = right.float().mean().item()
    save(model, optimizer=optimizer)
    trial.report(accuracy, step=epoch, loss=loss.item())
trial.finish(accuracy)

"""Trains a network that the tuner has put together, from the layers that its parent has too."""

import torch
from data import load
from torch.nn.functional import cross_entropy

from heirloom import nas, trial
from heirloom.torch import inherit, save

BATCH, EPOCHS = 50, 3

torch.manual_seed(trial.seed)
model = nas.network(trial.params["network"]).to(trial.device)
inherit(model, rules={"*": "whole"})  # a layer of another shape begins anew, as in the paper
optimizer = torch.optim.SGD(
    model.parameters(), lr=trial.params["rate"], momentum=0.9, weight_decay=1e-4
)
train, validation = (part._make(data.to(trial.device) for data in part) for part in load())

for epoch in range(EPOCHS):
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
    trial.report(accuracy, step=epoch, loss=loss.item())
save(model)
trial.finish(accuracy, parameters=nas.cost(model).parameters)

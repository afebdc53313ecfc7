"""Trains a small network on two spirals. A child starts from its parent's weights."""

import math

import torch
from heirloom import trial
from heirloom.torch import inherit, save

STEPS = 60


def spirals(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Points of shape (count, 2), and the spiral of each: 0 or 1."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(2, (count,), generator=generator)
    radius = torch.rand(count, generator=generator).sqrt()
    angle = radius * 3 * math.pi + label * math.pi
    points = torch.stack((radius * angle.cos(), radius * angle.sin()), dim=1)
    return points + 0.02 * torch.randn(count, 2, generator=generator), label


width = trial.params["width"]
model = torch.nn.Sequential(
    torch.nn.Linear(2, width),
    torch.nn.Tanh(),
    torch.nn.Linear(width, width),
    torch.nn.Tanh(),
    torch.nn.Linear(width, 2),
)
inherit(model)  # what fits of the parent's committed weights; nothing without a parent

points, label = spirals(512, seed=0)
unseen, unseen_label = spirals(512, seed=1)
optimizer = torch.optim.Adam(model.parameters(), lr=trial.params["learning_rate"])
for step in range(STEPS):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(model(points), label).backward()
    optimizer.step()
    if step % 10 == 0 or step == STEPS - 1:
        with torch.no_grad():
            accuracy = (model(unseen).argmax(1) == unseen_label).float().mean().item()
        trial.report(accuracy, step=step)

save(model)
trial.finish(accuracy)

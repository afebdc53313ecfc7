"""Trains shared weights, and measures networks with them: `python -m inherit.shared EPOCHS`.

Each batch trains one network, drawn at random from the whole space. Then the networks of the param
`chosen` are measured, with the statistics of the validation batches in batch normalization, as
those of other paths would not fit.
"""

from __future__ import annotations

import random
import sys

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from heirloom import nas, trial
from heirloom.space import parse, sample

from . import images
from .images import Images
from .net import RATE, macro
from .sizes import of_trial

_BATCH = 500  # images of a validation batch


def main() -> None:
    """Train and measure."""
    torch.manual_seed(trial.seed)
    draws = random.Random(trial.seed)
    model = nas.supernet(macro).to(trial.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    space, train = parse(nas.space(macro)), images.load("train")
    model.train()
    for _ in range(int(sys.argv[1])):
        order = torch.randperm(len(train.labels)).to(train.labels.device)
        for batch in order.split(of_trial().batch):
            nas.choose(model, sample(space, draws))
            optimizer.zero_grad()
            cross_entropy(model(train.pixels[batch]), train.labels[batch]).backward()
            optimizer.step()
    validation = images.load("validation")
    found = []
    for params in trial.params["chosen"]:
        nas.choose(model, params)
        found.append(_accuracy(model, validation))
    trial.finish(sum(found) / len(found), accuracies=found)


@torch.no_grad()
def _accuracy(model: nn.Module, part: Images) -> float:
    right = 0
    for pixels, labels in zip(part.pixels.split(_BATCH), part.labels.split(_BATCH), strict=True):
        right += int((model(pixels).argmax(1) == labels).sum())
    return right / len(part.labels)


main()

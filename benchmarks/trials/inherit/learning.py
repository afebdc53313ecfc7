"""Training, the same in every arm: epochs, until some of them in a row bring no gain."""

from __future__ import annotations

import copy
import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from heirloom import trial
from heirloom.torch import save

from . import images
from .images import Images
from .sizes import of_trial

PATIENCE = 3  # epochs without a new best validation accuracy, which end a trial
_AT_ONCE = 1000  # images of an evaluation's batch


def learn(
    model: nn.Module, optimizer: torch.optim.Optimizer, epochs: Sequence[int], **more: Any
) -> None:
    """Train for `epochs`, save the weights of the best one, and finish the trial with its value.

    Each report has what the trial has cost so far: epochs, CPU seconds, and the time of the
    report. `more` are further values of the result.
    """
    train, validation = images.load("train"), images.load("validation")
    if trial.restore_path is not None:
        more["before"] = accuracy(model, validation)
    best, best_epoch = -1.0, epochs[0]
    kept: tuple[dict[str, Any], dict[str, Any]] | None = None
    for count, epoch in enumerate(epochs, 1):
        _epoch(model, optimizer, train)
        value = accuracy(model, validation)
        trial.report(value, step=epoch, epochs=count, cpu=time.process_time(), time=time.time())
        if value > best:
            best, best_epoch = value, epoch
            kept = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
        elif epoch - best_epoch >= PATIENCE:
            break
    assert kept is not None
    model.load_state_dict(kept[0])
    optimizer.load_state_dict(kept[1])
    save(model, optimizer=optimizer)
    trial.finish(best, **more)


def _epoch(model: nn.Module, optimizer: torch.optim.Optimizer, train: Images) -> None:
    """One pass over the training images, in an order of its own."""
    model.train()
    order = torch.randperm(len(train.labels)).to(train.labels.device)
    for batch in order.split(of_trial().batch):
        optimizer.zero_grad()
        cross_entropy(model(train.pixels[batch]), train.labels[batch]).backward()
        optimizer.step()


@torch.no_grad()
def accuracy(model: nn.Module, part: Images) -> float:
    """The share of images whose class the model tells."""
    model.eval()
    right = 0
    for pixels, labels in zip(
        part.pixels.split(_AT_ONCE), part.labels.split(_AT_ONCE), strict=True
    ):
        right += int((model(pixels).argmax(1) == labels).sum())
    return right / len(part.labels)

"""A trial of enas: trains the shared weights, measures samples, or trains the last network.

Usage: `python -m inherit.enas EPOCHS FINAL`: epochs of a generation, and the most of the last
network.
"""

from __future__ import annotations

import itertools
import sys
import time

import torch
from torch.nn.functional import cross_entropy

from heirloom import nas, trial
from heirloom.torch import inherit, save

from . import images
from .learning import learn
from .net import RATE, build, macro
from .sizes import of_trial


def main() -> None:
    """Do the trial's task."""
    torch.manual_seed(trial.seed)
    epochs, final = map(int, sys.argv[1:])
    task = trial.params["task"]
    if task == "train":
        _train(epochs)
    elif task == "evaluate":
        _evaluate()
    else:
        model = build(trial.params).to(trial.device)
        inherit(model)
        learn(model, torch.optim.Adam(model.parameters(), lr=RATE), range(final))


def _train(epochs: int) -> None:
    """Train the shared weights: each batch trains the next sample."""
    model = nas.supernet(macro).to(trial.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)
    inherit(model, optimizer=optimizer)
    train, samples = images.load("train"), itertools.cycle(nas.samples(macro))
    model.train()
    right = 0
    for epoch in range(epochs):
        right = 0
        order = torch.randperm(len(train.labels)).to(train.labels.device)
        for batch in order.split(of_trial().batch):
            nas.choose(model, next(samples))
            optimizer.zero_grad()
            scores, labels = model(train.pixels[batch]), train.labels[batch]
            cross_entropy(scores, labels).backward()
            optimizer.step()
            right += int((scores.argmax(1) == labels).sum())
        _report(right / len(train.labels), epoch, epochs=epoch + 1)
    save(model, optimizer=optimizer)
    trial.finish(right / len(train.labels))


@torch.no_grad()
def _evaluate() -> None:
    """The reward of each sample: its accuracy on one batch of validation images.

    Batch normalization uses the statistics of the batch.
    """
    model = nas.supernet(macro).to(trial.device)
    inherit(model)
    model.train()
    validation = images.load("validation")
    order = torch.randperm(len(validation.labels)).to(validation.labels.device)
    batches = itertools.cycle(order.split(of_trial().batch))
    rewards = []
    for sample, batch in zip(nas.samples(macro), batches):  # noqa: B905 - a cycle has no end
        nas.choose(model, sample)
        right = model(validation.pixels[batch]).argmax(1) == validation.labels[batch]
        rewards.append(right.float().mean().item())
    mean = sum(rewards) / len(rewards)
    _report(mean, 0, epochs=0)
    trial.finish(mean, rewards=rewards)


def _report(value: float, step: int, *, epochs: int) -> None:
    trial.report(value, step=step, epochs=epochs, cpu=time.process_time(), time=time.time())


main()

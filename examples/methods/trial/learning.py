"""Training, the same in every trial: epochs of gradient descent, with the accuracy of each."""

import torch
from data import Images, load
from torch.nn.functional import cross_entropy

from heirloom import trial
from heirloom.torch import save

BATCH = 64


def learn(model, optimizer, epochs, patience=None):
    """Trains for a range of epochs, saves after each, and finishes the trial.

    The result has the accuracy, and under `before` that of the weights that were inherited.
    With `patience`, it ends after so many epochs without gain, and the best weights are saved.
    """
    train, validation = (Images(*(part.to(trial.device) for part in each)) for each in load())
    value = before = accuracy(model, validation)
    best = (-1.0, epochs.start)
    for epoch in epochs:
        model.train()
        for batch in torch.randperm(len(train.labels)).split(BATCH):
            optimizer.zero_grad()
            loss = cross_entropy(model(train.pixels[batch]), train.labels[batch])
            loss.backward()
            optimizer.step()
        value = accuracy(model, validation)
        trial.report(value, step=epoch, loss=loss.item())
        if patience is None or value > best[0]:
            save(model, optimizer=optimizer)
            best = (value, epoch)
        elif epoch - best[1] >= patience:
            break
    trial.finish(value if patience is None else best[0], before=before)


@torch.no_grad()
def accuracy(model, images):
    """The share of images whose class the model tells."""
    model.eval()
    return (model(images.pixels).argmax(1) == images.labels).float().mean().item()

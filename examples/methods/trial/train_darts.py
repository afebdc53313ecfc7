"""A trial of darts: trains the supernet and its architecture parameters, or the derived network.

The supernet trains with the settings of the paper (Liu et al. 2019, section 3.2 and appendix A.1,
https://arxiv.org/abs/1806.09055) except the rate of the architecture parameters, and without
changes to the images. The derived network trains a few epochs.
"""

import math

import torch
from data import Images, load
from learning import BATCH, accuracy, learn
from net import darts
from torch.nn.functional import cross_entropy
from torch.nn.utils import clip_grad_norm_
from torch.optim.swa_utils import update_bn

from heirloom import nas, trial
from heirloom.torch import inherit, save

RATE, LOWEST = 0.025, 0.001  # of the weights, at first and at the end
ARCHITECTURE_RATE = 0.1  # in 192 steps the weights of the operations are to become unequal
FINAL_EPOCHS = 2


def search(params):
    """Trains the supernet on, from the generation before."""
    network = nas.supernet(darts, affine=False)
    alphas = nas.add_alphas(network)
    network.to(trial.device)
    weights = sgd(nas.shared_weights(network))
    architecture = torch.optim.Adam(
        alphas.parameters(), lr=ARCHITECTURE_RATE, betas=(0.5, 0.999), weight_decay=1e-3
    )
    inherit(network, optimizer=[weights, architecture])
    images, validation = (Images(*(part.to(trial.device) for part in each)) for each in load())
    before = accuracy(network, validation)
    for epoch in range(params["epochs_from"], params["epochs"]):
        share = (1 + math.cos(math.pi * epoch / params["total_epochs"])) / 2
        weights.param_groups[0]["lr"] = LOWEST + (RATE - LOWEST) * share
        network.train()
        for first, second in halves(images):
            step(network, weights, architecture, first, second, params["order"])
        value = accuracy(network, validation)
        trial.report(value, step=epoch)
    save(network, optimizer=[weights, architecture])
    trial.finish(value, before=before, alphas=alphas.weights())


def step(network, weights, architecture, first, second, order):
    """One step of the architecture parameters on `second`, and one of the weights on `first`."""

    def train():
        return cross_entropy(network(first.pixels), first.labels)

    def validate():
        return cross_entropy(network(second.pixels), second.labels)

    if order == 1:
        nas.first_order(network, validate)
    else:
        nas.second_order(network, validate, train, weights)
    architecture.step()
    weights.zero_grad()
    train().backward()
    clip_grad_norm_(nas.shared_weights(network), 5)
    weights.step()


def halves(images):
    """Pairs of minibatches, one of each half of the images."""
    middle = len(images.labels) // 2
    for first, second in zip(minibatches(middle), minibatches(middle), strict=True):
        yield [
            Images(images.pixels[part], images.labels[part]) for part in (first, middle + second)
        ]


def minibatches(count):
    """The indices of minibatches in a random order."""
    return torch.randperm(count).split(BATCH)


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=RATE, momentum=0.9, weight_decay=3e-4)


def final(params):
    """Trains the derived network, from nothing or from the supernet's weights."""
    network = nas.candidate(darts, params["params"]).to(trial.device)
    inherit(network)
    if trial.restore_path:  # one operation of eight is left: the means and variances are others
        pixels = load()[0].pixels
        update_bn((pixels[part].to(trial.device) for part in minibatches(len(pixels))), network)
    learn(network, sgd(network.parameters()), range(FINAL_EPOCHS))


torch.manual_seed(trial.seed)
{"search": search, "final": final}[trial.params["task"]](trial.params)

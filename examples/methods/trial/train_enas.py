"""A trial of enas: trains the shared weights, measures samples, or trains the last network.

The shared weights train with the settings of ENAS's code (Pham et al. 2018,
https://arxiv.org/abs/1802.03268), with these departures: minibatches of images are smaller; there
is no dropout of units or paths, no auxiliary head and no change to the images; what a minibatch's
sample does not use is left as it is, without weight decay. The last networks train a few epochs.
"""

import argparse
import math
from statistics import fmean

import net
import torch
from data import Images, load
from learning import learn
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import update_bn

from heirloom import nas, trial
from heirloom.torch import inherit, save

RATE, LOWEST = 0.05, 0.0005
RESTART, FACTOR = 10, 2  # generations until the rate restarts, and how many times more after that
BATCH, REWARD_BATCH = 16, 128  # images
FINAL_EPOCHS = 3

options = argparse.ArgumentParser()
options.add_argument("net", help="the function of net.py that makes the network")
options.add_argument("--decay", type=float, default=5e-4, help="of the weights")
options.add_argument(
    "--batch-statistics",
    action="store_true",
    help="normalize by the minibatch when samples are measured, as ENAS does for its micro space",
)
given = options.parse_args()
make = getattr(net, given.net)


def train(params):
    """Trains each sample on a minibatch of training images."""
    network = nas.supernet(make).to(trial.device)
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=rate(params["generation"]),
        momentum=0.9,
        nesterov=True,
        weight_decay=given.decay,
    )
    inherit(network, parents="mean", optimizer=optimizer)
    accuracies = []
    network.train()
    for sample, batch in zip(nas.samples(make), minibatches(images()[0], BATCH), strict=False):
        nas.choose(network, sample)
        optimizer.zero_grad()
        scores = network(batch.pixels)
        cross_entropy(scores, batch.labels).backward()
        optimizer.step()
        accuracies.append(accuracy(scores, batch))
    save(network, optimizer=optimizer)
    trial.finish(fmean(accuracies))


@torch.no_grad()
def evaluate(_):
    """The reward of each sample: its accuracy on one minibatch of validation images."""
    network = nas.supernet(make).to(trial.device)
    inherit(network, parents="mean")
    network.train(given.batch_statistics)
    rewards = []
    batches = minibatches(images()[1], REWARD_BATCH)
    for sample, batch in zip(nas.samples(make), batches, strict=False):
        nas.choose(network, sample)
        rewards.append(accuracy(network(batch.pixels), batch))
    trial.finish(fmean(rewards), rewards=rewards)


def final(params):
    """Trains the best network, from nothing or from the shared weights.

    These were normalized by means over all samples, so one that inherits takes its own first.
    """
    network = nas.candidate(make, params["params"]).to(trial.device)
    inherit(network, parents="mean")
    if trial.restore_path:
        update_bn(images()[0].pixels.split(REWARD_BATCH), network)
    learn(network, torch.optim.Adam(network.parameters(), lr=0.005), range(FINAL_EPOCHS))


def rate(generation):
    """A cosine with restarts (Loshchilov, Hutter 2017, https://arxiv.org/abs/1608.03983)."""
    length = RESTART
    while generation >= length:
        generation, length = generation - length, length * FACTOR
    return LOWEST + (RATE - LOWEST) * (1 + math.cos(math.pi * generation / length)) / 2


def images():
    """The training and the validation images."""
    return [Images(*(part.to(trial.device) for part in each)) for each in load()]


def minibatches(found, count):
    """Minibatches of images without end, in another order at each pass."""
    while True:
        for part in torch.randperm(len(found.labels)).split(count):
            yield Images(found.pixels[part], found.labels[part])


def accuracy(scores, batch):
    """The share of images whose class has the highest score."""
    return (scores.argmax(1) == batch.labels).float().mean().item()


torch.manual_seed(trial.seed)
{"train": train, "evaluate": evaluate, "final": final}[trial.params["task"]](trial.params)

"""One trial: train the network of the parameters, from its parent's weights if it has one."""

import time

import data
import numpy as np
from network import EPOCHS, Network
from safetensors.numpy import load_file, save_file

from heirloom import trial

PATIENCE = 15  # training ends after this many epochs without improvement
FILE = "network.safetensors"

# The candidate outside an experiment.
DEFAULTS = {"depth": 2, "width1": 64, "width2": 32, "activation": "relu", "learning_rate": 0.02}


def main() -> None:
    train, validation, test = data.load()
    network = Network(DEFAULTS | trial.params, np.random.default_rng(1))
    inherited = 0.0
    if trial.restore_path:
        inherited = network.inherit(load_file(trial.restore_path / FILE))

    began = time.process_time()
    best, best_epoch, seconds = -1.0, 0, 0.0
    for epoch, accuracy in enumerate(network.fit(train, validation), 1):
        trial.report(accuracy, step=epoch)
        if accuracy > best:
            best, best_epoch, seconds = accuracy, epoch, time.process_time() - began
            save_file(network.weights, trial.save_path / FILE)
        if epoch == EPOCHS or epoch - best_epoch == PATIENCE:
            break

    network.weights = load_file(trial.save_path / FILE)
    trial.finish(
        best,
        test=network.accuracy(test),
        epochs=best_epoch,  # epochs until the best accuracy
        seconds=seconds,  # CPU time until the best accuracy
        parameters=network.size,
        inherited=inherited,  # the share of the weights that came from the parent
    )


if __name__ == "__main__":
    main()

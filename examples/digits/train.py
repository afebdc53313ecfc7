"""One trial: trains the network that the parameters describe, from its parent's weights if any."""

import time

import data
import numpy as np
from network import EPOCHS, Network
from safetensors.numpy import load_file, save_file

from heirloom import trial

PATIENCE = 15  # epochs without a better network, after which training ends
FILE = "network.safetensors"

# What a trial outside an experiment trains.
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
        epochs=best_epoch,  # after how many epochs it was that good
        seconds=seconds,  # and after how much of this process's CPU time
        parameters=network.size,
        inherited=inherited,  # the share of the weights that the parent gave
    )


if __name__ == "__main__":
    main()

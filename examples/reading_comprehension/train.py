"""One trial: train the network of a graph, from the weights of the layers shared with a parent."""

import argparse
import time
from pathlib import Path

import torch
from data import Reader, answerable, split
from graph import FIRST, plain, read
from network import EPOCHS, Network
from safetensors.torch import load_file, save_file
from squad import read as read_squad

from heirloom import trial

HERE = Path(__file__).parent
FILE = "network.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=Path, default=HERE / "train.json", help="SQuAD v1.1 JSON")
    parser.add_argument(
        "--dev", type=Path, default=HERE / "dev.json", help="the same format, not used for training"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument(
        "--patience", type=int, help="end after so many epochs without a better F1; default: never"
    )
    options = parser.parse_args()

    to_train, to_choose = split(read_squad(options.train))
    reader = Reader(to_train)
    train, validation = reader.batches(answerable(to_train)), reader.batches(to_choose)
    dev = reader.batches([asked for article in read_squad(options.dev) for asked in article])
    torch.manual_seed(trial.seed)
    network = Network(read(trial.params.get("graph", plain(FIRST))), reader.words)
    inherited = network.inherit(load_file(trial.restore_path / FILE)) if trial.restore_path else 0.0

    began = time.process_time()
    start, _ = best, exact = network.test(validation)
    best_epoch = 0
    save_file(network.state_dict(), trial.save_path / FILE)
    trial.report(best, step=0)
    learning = network.fit(train)
    for epoch in range(1, options.epochs + 1):
        next(learning)
        value, matches = network.test(validation)
        trial.report(value, step=epoch)
        if value > best:
            best, exact, best_epoch = value, matches, epoch
            save_file(network.state_dict(), trial.save_path / FILE)
        elif options.patience is not None and epoch - best_epoch >= options.patience:
            break

    network.load_state_dict(load_file(trial.save_path / FILE))
    dev_f1, dev_exact = network.test(dev)
    trial.finish(
        best,
        exact=exact,
        start=start,  # F1 before any training
        epochs=best_epoch,  # epochs until the best F1
        seconds=time.process_time() - began,
        dev_f1=dev_f1,
        dev_exact=dev_exact,
        parameters=network.size,
        inherited=inherited,  # the share of the weights that came from the parent
    )


if __name__ == "__main__":
    main()

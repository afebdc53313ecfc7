"""Prints the test accuracy of committed weights, as a JSON list: `python -m inherit.tested`.

Reads `[[params, directory of the weights], …]` from standard input.
"""

from __future__ import annotations

import contextlib
import json
import sys

import torch

from heirloom import trial
from heirloom.torch import inherit

from . import images
from .learning import accuracy
from .net import build


def main() -> None:
    """Read the weights, and print."""
    torch.set_num_threads(1)
    test = images.load("test")
    found = []
    for params, weights in json.load(sys.stdin):
        model = build(params).to(trial.device)
        with contextlib.redirect_stdout(sys.stderr):  # inherit prints what was inherited
            inherit(model, weights)
        found.append(accuracy(model, test))
    print(json.dumps(found))


main()

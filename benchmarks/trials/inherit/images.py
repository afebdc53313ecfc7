"""The images that the benchmark has written: three parts, each with the class of each image."""

from __future__ import annotations

import os
from typing import NamedTuple

import torch
from safetensors.torch import load_file

from heirloom import trial


class Images(NamedTuple):
    """One part: count x 1 x side x side pixels from 0 to 1, and a class from 0 to 9 each."""

    pixels: torch.Tensor
    labels: torch.Tensor


def load(part: str) -> Images:
    """The part `train`, `validation` or `test`, on the trial's device."""
    tensors = load_file(os.environ["IMAGES"])
    pixels, labels = tensors[f"{part}.pixels"], tensors[f"{part}.labels"]
    device = torch.device(trial.device)
    return Images(pixels.to(device).float().unsqueeze(1) / 255, labels.to(device).long())

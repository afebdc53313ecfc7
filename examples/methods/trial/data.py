"""Small grey images in ten classes: Fashion-MNIST at 14x14 pixels, or scikit-learn's digits.

Fashion-MNIST: Xiao, Rasul, Vollgraf 2017, https://arxiv.org/abs/1708.07747. `prepare.sh` puts its
files on the node.
"""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

COUNT = 10_000  # of Fashion-MNIST's 60,000 training images


class Images(NamedTuple):
    pixels: torch.Tensor  # count x 1 x height x width, from 0 to 1
    labels: torch.Tensor  # the class of each


def load(train: int = 4000, validation: int = 1000) -> tuple[Images, Images]:
    """A training and a validation set, always the same. Of the digits there are 1,797 in all."""
    directory = Path(os.environ.get("HEIRLOOM_NODE_DIR", "."), "fashion-mnist")
    images = _fashion(directory) if directory.is_dir() else _digits()
    order = torch.randperm(len(images.labels), generator=torch.Generator().manual_seed(0))
    validation = min(validation, len(order) // 3)
    parts = order[: min(train, len(order) - validation)], order[-validation:]
    first, second = (Images(images.pixels[part], images.labels[part]) for part in parts)
    return first, second


def _fashion(directory: Path) -> Images:
    pixels = _numbers(directory / "train-images-idx3-ubyte.gz", 16, 28 * 28)
    labels = _numbers(directory / "train-labels-idx1-ubyte.gz", 8, 1)
    small = nn.functional.avg_pool2d(pixels.reshape(-1, 1, 28, 28).float(), 2) / 255
    return Images(small, labels.long())


def _numbers(path: Path, header: int, size: int) -> torch.Tensor:
    """The first images or labels of an IDX file, whose header has so many bytes."""
    with gzip.open(path) as file:
        content = bytearray(file.read(header + COUNT * size))
    return torch.frombuffer(content, dtype=torch.uint8, offset=header)


def _digits() -> Images:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    return Images(pixels, torch.tensor(digits.target).long())

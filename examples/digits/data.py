"""Handwritten digits: 1,797 grey images of 8 by 8 pixels (Alpaydin and Kaynak, 1998)."""

import importlib.util
from pathlib import Path
from typing import NamedTuple

import numpy as np

TRAIN, VALIDATION = 600, 600  # the remaining 597 are the test set


class Digits(NamedTuple):
    images: np.ndarray  # one image a row, pixels from 0 to 1
    labels: np.ndarray  # the digit of each image


def load() -> tuple[Digits, Digits, Digits]:
    """The training, validation and test sets, always the same."""
    table = np.loadtxt(_file(), delimiter=",", dtype=np.float32)
    table = np.random.default_rng(0).permutation(table)
    images = np.split(table[:, :64] / 16, [TRAIN, TRAIN + VALIDATION])
    labels = np.split(table[:, 64].astype(int), [TRAIN, TRAIN + VALIDATION])
    train, validation, test = map(Digits, images, labels)
    return train, validation, test


def _file() -> Path:
    # Importing scikit-learn takes longer than training a network. Only its file is needed.
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise SystemExit("scikit-learn is missing: pip install -r requirements.txt")
    return Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"

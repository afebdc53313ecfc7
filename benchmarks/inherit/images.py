"""The images of the comparison, in one file: Fashion-MNIST, or for a short form the digits.

Fashion-MNIST: Xiao, Rasul, Vollgraf 2017, https://arxiv.org/abs/1708.07747, from Debian's package.
The digits are those of scikit-learn.
"""

from __future__ import annotations

import gzip
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.trials.inherit.sizes import Size
from controller.store import layout

PACKAGE = "dataset-fashion-mnist"
INSTALLED = Path("/usr/share/datasets/fashion-mnist")
_PIXELS, _LABELS = 16, 8  # bytes of the header of an IDX file

Bytes = NDArray[np.uint8]


class _Part(NamedTuple):
    pixels: Bytes  # count x height x width
    labels: Bytes


def write(directory: Path, size: Size, *, digits: bool) -> Path:
    """The file with the parts `train`, `validation` and `test` in `directory`, unless it is there.

    Raises RuntimeError if Fashion-MNIST cannot be had.
    """
    from safetensors.numpy import save_file

    path = directory / f"images-{size.side}-{size.train}.safetensors"
    if path.exists():
        return path
    known, test = _digits() if digits else _fashion(directory)
    order = np.random.Generator(np.random.PCG64(0)).permutation(len(known.labels))
    chosen = {"train": order[: size.train], "validation": order[-size.validation :]}
    parts = {name: _Part(known.pixels[at], known.labels[at]) for name, at in chosen.items()}
    tensors = {}
    for name, part in {**parts, "test": test}.items():
        tensors[f"{name}.pixels"] = _reduced(part.pixels, size.side)
        tensors[f"{name}.labels"] = np.ascontiguousarray(part.labels)
    draft = path.with_suffix(".draft")
    save_file(tensors, draft)
    draft.rename(path)
    return path


def _fashion(directory: Path) -> tuple[_Part, _Part]:
    files = INSTALLED if INSTALLED.is_dir() else _unpacked(directory)
    return _read(files, "train"), _read(files, "t10k")


def _unpacked(directory: Path) -> Path:
    """The files of Debian's package, unpacked without root. Raises RuntimeError."""
    package = directory / "package"
    files = package / "unpacked" / INSTALLED.relative_to("/")
    if files.is_dir():
        return files
    layout.remove(package)
    package.mkdir()
    try:
        _run("apt-get", "download", PACKAGE, cwd=package)
        [archive] = package.glob("*.deb")
        _run("dpkg", "-x", str(archive), "unpacked", cwd=package)
    except (OSError, subprocess.CalledProcessError) as error:
        output = getattr(error, "stderr", "") or str(error)
        raise RuntimeError(
            f"Fashion-MNIST cannot be had: install Debian's package {PACKAGE}, or put its files "
            f"into {files} ({output.strip()[-300:]})"
        ) from error
    return files


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True)


def _read(files: Path, name: str) -> _Part:
    pixels = _numbers(files / f"{name}-images-idx3-ubyte.gz", _PIXELS)
    labels = _numbers(files / f"{name}-labels-idx1-ubyte.gz", _LABELS)
    return _Part(pixels.reshape(-1, 28, 28), labels)


def _numbers(path: Path, header: int) -> Bytes:
    with gzip.open(path) as file:
        return np.frombuffer(file.read(), dtype=np.uint8, offset=header)


def _digits() -> tuple[_Part, _Part]:
    """1,797 images of 8x8 pixels. A third is the test part."""
    datasets: Any = import_module("sklearn.datasets")
    found = datasets.load_digits()
    pixels, labels = (found.images * 15).astype(np.uint8), found.target.astype(np.uint8)
    known = 2 * len(labels) // 3
    return _Part(pixels[:known], labels[:known]), _Part(pixels[known:], labels[known:])


def _reduced(pixels: Bytes, side: int) -> Bytes:
    """The images at a size by which theirs can be divided: the mean of each block of pixels."""
    by = pixels.shape[1] // side
    blocks = pixels.reshape(len(pixels), side, by, side, by).mean(axis=(2, 4))
    return np.ascontiguousarray(blocks.round().astype(np.uint8))

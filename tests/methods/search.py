"""Runs the example of a method as a user does, in a home of its own."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from tests.methods import chains
from tests.methods.learning import BEST, SHORT_BEST, Learning, measure, problems

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLES = {file.stem: file for file in sorted(REPOSITORY.glob("examples/methods/*.yml"))}
TRIALS, SHORT = 8, 6  # that must succeed; in the short form
LIMIT = 600  # seconds that a search may take


@dataclass(frozen=True)
class Outcome:
    """A search that has ended."""

    method: str
    learning: Learning
    seconds: float
    problems: list[str]


def run(method: str, work: Path, *, short: bool = False) -> Outcome:
    """Run an example in the directory `work`. `short`: fewer trials, and small images.

    Raises RuntimeError with the output if the search does not end well, TimeoutExpired.
    """
    file = shortened(EXAMPLES[method], work) if short else EXAMPLES[method]
    began = time.monotonic()
    _heirloom(work, "run", str(file))
    seconds = time.monotonic() - began
    trials = json.loads(_heirloom(work, "trials", method, "--json"))
    learning = measure(trials)
    wanted = (SHORT, SHORT_BEST) if short else (TRIALS, BEST)
    found = problems(method, learning, *wanted) + chains.problems(trials)
    return Outcome(method, learning, seconds, found)


def shortened(file: Path, work: Path) -> Path:
    """Write an experiment of `SHORT` trials, on images that need no download, to `work`."""
    keys: dict[str, Any] = yaml.safe_load(file.read_text())
    keys["trial"]["code_dir"] = str(file.parent / keys["trial"]["code_dir"])
    write_digits(work / "digits")
    files = shlex.quote(str(work / "digits"))
    keys["prepare"] = f'cp -r {files} "$HEIRLOOM_NODE_DIR/fashion-mnist"'
    args = keys["tuner"].get("args", {})
    if "population" in args:
        args["population"] = min(args["population"], SHORT // 2)
    if "resource" in keys:  # two rungs; and pbt, which has no budget, ends with its members
        resource = keys["resource"]
        resource["max"] = resource["min"] * (resource["eta"] if "budget" in keys else 2)
    if "generations" in args:  # and two last networks
        args["generations"], args["epochs"] = SHORT - 2, 2
    if "updates" in args:  # three generations
        args["updates"] = 1
    if "budget" in keys:
        keys["budget"]["trials"] = min(keys["budget"]["trials"], SHORT)
    short = work / file.name
    short.write_text(yaml.safe_dump(keys))
    return short


def write_digits(directory: Path) -> None:
    """Write scikit-learn's digits in the form of Fashion-MNIST: trials start faster without it."""
    datasets: Any = import_module("sklearn.datasets")
    digits = datasets.load_digits()
    large = (digits.images * 15).astype("uint8").repeat(4, axis=1).repeat(4, axis=2)
    directory.mkdir(exist_ok=True)
    for name, header, values in (
        ("train-images-idx3-ubyte.gz", 16, large[:, 2:30, 2:30]),
        ("train-labels-idx1-ubyte.gz", 8, digits.target.astype("uint8")),
    ):
        with gzip.open(directory / name, "wb") as file:
            file.write(bytes(header) + values.tobytes())


def _heirloom(work: Path, *args: str) -> str:
    """The output of a command. Raises RuntimeError if it fails."""
    home = {"HEIRLOOM_HOME": str(work / "home"), "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-m", "controller", *args],
        cwd=work,
        env=os.environ | home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"heirloom {args[0]} fails:\n{done.stdout}{done.stderr}")
    return done.stdout

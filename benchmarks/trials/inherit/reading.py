"""A trial of the example for reading comprehension, whose reports have what it has cost.

Usage: `python -m inherit.reading EPOCHS`. The variable READING names the example's directory. What
the trial reports has the names of the other trials of the comparison (see learning.py).
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

from heirloom import trial

from .learning import PATIENCE
from .sizes import of_trial


def main() -> None:
    """Run the example's program for a trial."""
    example = os.environ["READING"]
    sys.path.insert(0, example)
    own = mock.patch.multiple(
        trial, report=_with_costs(trial.report), finish=_renamed(trial.finish)
    )
    with own, tempfile.TemporaryDirectory() as directory:
        train, dev = (_corpus(example, name, directory) for name in ("train.json", "dev.json"))
        given = ["--epochs", sys.argv[1], "--patience", str(PATIENCE)]
        sys.argv = ["train.py", *given, "--train", train, "--dev", dev]
        runpy.run_path(os.path.join(example, "train.py"), run_name="__main__")


def _with_costs(report: Callable[..., None]) -> Callable[..., None]:
    """Report also the epochs, the CPU seconds and the time. A step is an epoch."""

    def reported(value: float, step: int) -> None:
        report(value, step=step, epochs=step, cpu=time.process_time(), time=time.time())

    return reported


def _renamed(finish: Callable[..., None]) -> Callable[..., None]:
    def finished(value: float, **values: Any) -> None:
        share = {"share": values["inherited"]}
        finish(value, before=values["start"], test=values["dev_f1"], inherited=share)

    return finished


def _corpus(example: str, name: str, directory: str) -> str:
    """A file of the corpus; in the short form one in `directory` with its first articles."""
    path = os.path.join(example, name)
    reading = of_trial().reading
    if reading is None or reading.articles is None:
        return path
    with open(path) as file:
        corpus = json.load(file)
    corpus["data"] = corpus["data"][: reading.articles]
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        json.dump(corpus, file)
    return path


main()

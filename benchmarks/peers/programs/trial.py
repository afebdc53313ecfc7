"""The trials of all tools, and the file in which they note their begin and end."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

MEMBERS = 4  # of a population; all of them together train `trials` steps
QUANTILE, RESAMPLE, FACTORS = 0.25, 0.25, (0.8, 1.2)
RATE = 0.05
START = 0.9
LOW, HIGH = 0.0, 1.0  # of both hyperparameters


def evaluate(directory: str, name: str, x: float, seconds: float) -> float:
    """A trial of the random search: its value is x. `name` tells it from others."""
    note(directory, "begin", name)
    time.sleep(seconds)
    note(directory, "end", name)
    return x


def step(theta: list[float], h: list[float]) -> tuple[list[float], float]:
    """A step of training, and the value after it.

    The toy problem of Jaderberg et al. 2017, https://arxiv.org/abs/1711.09846, section 3.2: the
    value is 1.2 minus the sum of squares of theta, and training follows the gradient of a
    surrogate, in which each square is weighted by a hyperparameter.
    """
    moved = [each - 2 * RATE * weight * each for each, weight in zip(theta, h)]  # noqa: B905 - 3.9
    return moved, 1.2 - sum(each**2 for each in moved)


def note(directory: str, what: str, name: str) -> None:
    """Append a line. A line is written by one call, so lines of several processes do not mix."""
    line = json.dumps([what, name, os.getpid(), time.time()]) + "\n"
    descriptor = os.open(f"{directory}/trace.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def main() -> None:
    """A trial of Heirloom, in a process of its own: `python trial.py DIRECTORY SECONDS`."""
    params = json.loads(Path(os.environ["HEIRLOOM_PARAMS"]).read_text())
    directory, seconds = sys.argv[1], float(sys.argv[2])
    if "h0" not in params:
        value = evaluate(directory, repr(params["x"]), params["x"], seconds)
    else:
        name = os.environ["HEIRLOOM_RESULT"]
        note(directory, "begin", name)
        saved, kept = os.environ.get("HEIRLOOM_RESTORE_PATH"), "theta.json"
        theta = json.loads(Path(saved, kept).read_text()) if saved else [START, START]
        theta, value = step(theta, [params["h0"], params["h1"]])
        time.sleep(seconds)
        Path(os.environ["HEIRLOOM_SAVE_PATH"], kept).write_text(json.dumps(theta))
        note(directory, "end", name)
    Path(os.environ["HEIRLOOM_RESULT"]).write_text(json.dumps({"value": value}))


if __name__ == "__main__":
    main()

"""The memory of a controller that goes on with an experiment of many trials.

As a program, `python -m benchmarks.reading.memory HOME`, it is that controller: it opens the
experiment as `resume` does, writes what a search of a few hundred trials would, and prints the
resident memory that its process had at most, in megabytes, and the one that it has.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil

from benchmarks.figure import Figure
from benchmarks.overhead import peak
from benchmarks.reading.experiment import NAME, ManyTrials, events, take
from controller.engine import (
    assembly,  # noqa: F401 - what a controller has loaded is a part of its memory
    session,
)
from controller.state.home import Home

TARGET = 400.0  # megabytes, with so many trials:
TRIALS = 100_000
_EVENTS = 5000  # in which the reading tables are written at least twice
_BATCH = 100


def measure(made: ManyTrials) -> Figure:
    """The peak of the controller's resident memory. Appends to the journal."""
    command = [sys.executable, "-m", "benchmarks.reading.memory", str(made.home.path)]
    repository = Path(__file__).resolve().parents[2]
    ended = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise RuntimeError(ended.stderr[-500:])
    highest, now = map(float, ended.stdout.split())
    trials = len(made.experiment.trials)
    return Figure(
        name=f"resident memory of a resumed controller, {trials:,} trials",
        unit="MB",
        values=(highest,),
        target=TARGET if trials >= TRIALS else None,
        against=f"its peak (VmHWM); {now:.0f} MB later",
    )


def control(home: Home) -> None:
    """Open the experiment and go on with it."""
    with session.lock(NAME, home) as found:
        x, journal = found.experiment, found.journal
        journal.follow(x, found.restored)
        source = events(len(x.trials))
        for _ in range(_EVENTS // _BATCH):
            journal.append(take(source, _BATCH, x))
        now = psutil.Process().memory_info().rss / 1e6
        print(peak(psutil.Process().pid), now)


if __name__ == "__main__":
    control(Home(Path(sys.argv[1])))

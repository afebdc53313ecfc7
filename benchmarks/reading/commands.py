"""Commands that read an experiment with many trials, as whole processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.figure import Figure
from benchmarks.reading.experiment import NAME, ManyTrials

TARGET = 0.5  # seconds
TARGET_ALL = 5.0  # seconds, for all trials
_REPOSITORY = Path(__file__).resolve().parents[2]


class Ended(NamedTuple):
    """A process that has ended well."""

    seconds: float
    cpu: float  # seconds, of all its threads


def measure(made: ManyTrials, trials: int, runs: int) -> list[Figure]:
    """Seconds from the start of a command to its end. Raises RuntimeError where one fails."""
    commands = {
        ("status", NAME): TARGET,
        ("show", NAME, str(trials // 2)): TARGET,
        ("trials", NAME, "--limit", "50"): TARGET,
        ("trials", NAME, "--csv"): TARGET_ALL,
    }
    return [_figure(made, command, target, trials, runs) for command, target in commands.items()]


def _figure(
    made: ManyTrials, command: tuple[str, ...], target: float, trials: int, runs: int
) -> Figure:
    found = [_run(made, command) for _ in range(runs)]
    if runs > 1:
        del found[0]  # it fills the caches
    return Figure(
        name=f"{' '.join(command)}, {trials:,} trials",
        unit="s",
        values=tuple(each.seconds for each in found),
        target=target,
        against=f"of it {median(each.cpu for each in found):.2f} s of CPU",
    )


def _run(made: ManyTrials, command: tuple[str, ...]) -> Ended:
    output = made.home.path / "output"
    with output.open("wb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "controller", *command],
            cwd=_REPOSITORY,
            env={**os.environ, "HEIRLOOM_HOME": str(made.home.path)},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    text = output.read_text()
    lines = len(text.splitlines())
    if process.returncode != 0 or ("--csv" in command and lines != len(made.experiment.trials) + 1):
        raise RuntimeError(f"`{' '.join(command)}` ended with {lines} lines: {text[-300:]}")
    return Ended(seconds, usage.ru_utime + usage.ru_stime)

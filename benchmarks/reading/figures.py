"""Every figure about an experiment with many trials, of which one is made."""

from __future__ import annotations

from pathlib import Path

from benchmarks.figure import Figure
from benchmarks.reading import commands, following, memory, resume, serving, writing
from benchmarks.reading.experiment import ManyTrials
from controller.store import layout


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """Commands, following, writing, a resume and memory at 100,000 trials; the page at 10,000."""
    small, trials, rounds = (100, 300, 1) if quick else (1_000, memory.TRIALS, 3)
    directory = work / "reading"
    few, many = ManyTrials(directory / "few", small), ManyTrials(directory / "many", trials)
    found = commands.measure(many, trials, 1 if quick else 5)
    found += following.measure(few, many, 2 if quick else 20, rounds)
    found += writing.measure(many, *((10, 3, 1) if quick else (100, 8, 10)))
    found.append(resume.measure(many, rounds))
    found.append(memory.measure(many))
    shown = ManyTrials(directory / "shown", small if quick else 10_000)
    found.append(serving.measure(shown, *((1, 1) if quick else (20, rounds))))
    layout.remove(directory)
    return found

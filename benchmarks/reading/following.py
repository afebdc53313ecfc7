"""What it costs to follow an experiment that a controller runs, with few trials and with many."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from statistics import mean, median

from benchmarks.figure import Figure
from benchmarks.reading.experiment import ManyTrials
from controller.state.reading.follower import Follower

TARGET = 1.2  # of the CPU with few trials
_NEW = 100  # events between two looks
_STARTS = 5


def measure(few: ManyTrials, many: ManyTrials, looks: int, rounds: int) -> list[Figure]:
    """The CPU of the start and of looks, at two sizes in turn. Appends to both journals.

    In 20 looks the controller writes its reading tables once.
    """
    gc.freeze()  # the experiments in memory are no part of a reader
    starts = [_starts(made) for made in (few, many)]
    means: list[tuple[float, float]] = []
    for _ in range(rounds):
        means.append((mean(_looks(few, looks)) * 1e3, mean(_looks(many, looks)) * 1e3))
    gc.unfreeze()
    small, large = (f"{len(made.experiment.trials):,} trials" for made in (few, many))
    at_few, at_many = (median(each) for each in zip(*means, strict=True))
    return [
        Figure(
            name=f"start to follow, {large}",
            unit="ms of CPU",
            values=tuple(starts[1]),
            against=f"{small}: {median(starts[0]):.1f} ms",
        ),
        Figure(
            name=f"follow {_NEW} new events, {large}",
            unit=f"of that with {small}",
            values=tuple(found / base for base, found in means),
            target=TARGET,
            against=f"{at_few:.1f} ms of CPU with {small}, {at_many:.1f} ms with {large}",
        ),
    ]


def _starts(made: ManyTrials) -> list[float]:
    """Milliseconds of CPU of each start."""
    found = []
    for _ in range(_STARTS):
        began = time.process_time()
        with Follower(made.place):
            found.append((time.process_time() - began) * 1e3)
    return found


def _looks(made: ManyTrials, looks: int) -> Iterator[float]:
    """The CPU seconds of each look."""
    with made.journal() as journal, Follower(made.place) as follower:
        for _ in range(looks):
            journal.append(made.more(_NEW))
            began = time.process_time()
            follower.new()
            yield time.process_time() - began

"""The time of the journal's transactions, with fsync, with and without the reading tables."""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import mean, median

from benchmarks.figure import Figure
from benchmarks.reading.experiment import ManyTrials

TARGET = 1.2  # of the time without tables
_BATCH = 100  # events


def measure(made: ManyTrials, singles: int, batches: int, rounds: int) -> list[Figure]:
    """Append transactions of one event and of a hundred, in turn with and without the tables.

    The rounds are short: the time of an fsync changes from one second to the next.
    """
    return [
        _figure(made, "1 event a transaction", 1, singles, rounds),
        _figure(made, f"{_BATCH} events a transaction", _BATCH, batches, rounds),
    ]


def _figure(made: ManyTrials, name: str, size: int, number: int, rounds: int) -> Figure:
    """The median with the tables, as a part of that without them."""
    ratios: list[float] = []
    seconds: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(rounds):
        medians = {}
        for tables in (False, True):
            found = _append(made, size, number, tables=tables)
            medians[tables] = median(found)
            seconds[tables] += found
        ratios.append(medians[True] / medians[False])
    return Figure(
        name=f"{name}, with the reading tables",
        unit="of without",
        values=tuple(ratios),
        target=TARGET,
        against=f"mean {_milliseconds(seconds[True])}; without {_milliseconds(seconds[False])}",
    )


def _append(made: ManyTrials, size: int, number: int, *, tables: bool) -> Sequence[float]:
    """The seconds of each transaction."""
    found = []
    with made.journal(tables=tables) as journal:
        for _ in range(number):
            events = made.more(size)
            began = time.perf_counter()
            journal.append(events)
            found.append(time.perf_counter() - began)
    return found


def _milliseconds(seconds: Sequence[float]) -> str:
    return f"{mean(seconds) * 1e3:.1f} ms"

"""The core alone, with the in-memory dispatcher (benchmarks/core.py), as figures."""

from __future__ import annotations

from pathlib import Path

from benchmarks import core
from benchmarks.figure import Figure


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """Microseconds an event, and seconds of replay, for 100,000 trials on 1,000 nodes."""
    trials, nodes = (500, 10) if quick else (100_000, 1_000)
    found = core.measure(trials, nodes)
    return [
        Figure(
            name=f"core alone, {trials:,} trials on {nodes:,} nodes of 8 slots",
            unit="µs/event",
            values=(found["us_per_event"],),
            target=core.TARGET_EVENT * 1e6,
            against="HyperQueue schedules a task in 100 µs, Dask in a few hundred",
        ),
        Figure(
            name=f"replay of that journal ({found['events']:,} events)",
            unit="s",
            values=(found["replay_s"],),
            target=core.TARGET_REPLAY,
            against="the search itself",
        ),
    ]

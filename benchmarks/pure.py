"""The core alone, with the in-memory dispatcher (benchmarks/core.py), as figures."""

from __future__ import annotations

from pathlib import Path

from benchmarks import core, nearest
from benchmarks.figure import Figure


def measure(work: Path, *, quick: bool = False) -> list[Figure]:
    """The core's time for an event, for a replay and for the choice of a nearest parent."""
    trials, nodes = (500, 10) if quick else (100_000, 1_000)
    standing = 200 if quick else 10_000
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
        Figure(
            name=f"nearest parent among {standing:,} trials",
            unit="ms",
            values=nearest.measure(standing),
            target=nearest.TARGET,
            against="a wave takes a second",
        ),
    ]

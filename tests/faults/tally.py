"""Counts of searches with faults, and their tables."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.table import Table


@dataclass
class Tally:
    """Counts of all searches. `broken` must stay empty."""

    searches: int = 0
    trials: int = 0
    commits: int = 0
    children: int = 0  # committed trials that started from a parent's weights
    processes: int = 0  # trial processes that were started
    injections: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    recovery: dict[str, list[float]] = field(default_factory=dict)  # seconds, by kind
    flipped_met: int = 0  # attempts that refused to start on a flipped file
    wrong_reads: list[str] = field(default_factory=list)
    torn_reads: list[str] = field(default_factory=list)
    lost_results: list[str] = field(default_factory=list)
    committed_twice: list[str] = field(default_factory=list)
    hangs: list[str] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)  # trials without weights: allowed

    @property
    def never_met(self) -> list[str]:
        """Kinds of faults that missed three times and were never injected: they show nothing."""
        return [
            kind for kind, times in self.missed.items() if times >= 3 and not self.injections[kind]
        ]

    @property
    def broken(self) -> dict[str, list[str]]:
        """The broken promises, with details."""
        promises = {
            "wrong reads": self.wrong_reads,
            "torn reads": self.torn_reads,
            "lost results": self.lost_results,
            "trials committed twice": self.committed_twice,
            "hangs": self.hangs,
            "leftovers": self.leftovers,
            "other": self.other,
            "faults that met nothing": self.never_met,
        }
        return {name: what for name, what in promises.items() if what}

    def add(self, other: Tally) -> None:
        """Add the counts of another search."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(value, Counter):
                mine.update(value)
            elif isinstance(value, dict):
                for kind, seconds in value.items():
                    mine.setdefault(kind, []).extend(seconds)
            elif isinstance(value, list):
                mine.extend(value)
            else:
                setattr(self, name, mine + value)

    def plain(self) -> dict[str, Any]:
        """The counts as JSON can carry them."""
        return {
            name: dict(value) if isinstance(value, Counter) else value
            for name, value in vars(self).items()
        }

    def tables(self) -> Iterable[Table]:
        """Print the tables."""
        kinds = Table("fault", "injected", "to recover, median", "longest", box=None)
        for column in kinds.columns[1:]:
            column.justify = "right"
        for kind, count in sorted(self.injections.items()):
            seconds = self.recovery.get(kind, [])
            kinds.add_row(
                kind,
                str(count),
                f"{statistics.median(seconds):.1f} s" if seconds else "",
                f"{max(seconds):.1f} s" if seconds else "",
            )
        yield kinds
        counts = Table("", "", box=None, show_header=False)
        counts.columns[1].justify = "right"
        for name, count in {
            "searches": self.searches,
            "injections": self.injections.total(),
            "trials": self.trials,
            "trial processes": self.processes,
            "commits": self.commits,
            "children that read a parent's weights": self.children,
            "starts refused because of a flipped bit": self.flipped_met,
            "trials that ended without weights, with a reason": len(self.failed),
            "wrong reads": len(self.wrong_reads),
            "torn reads": len(self.torn_reads),
            "lost results": len(self.lost_results),
            "trials committed twice": len(self.committed_twice),
            "hangs": len(self.hangs),
            "processes and slots left over": len(self.leftovers),
            "other breaches": len(self.other),
            "kinds of faults that met nothing": len(self.never_met),
        }.items():
            counts.add_row(name, f"{count:,}")
        yield counts

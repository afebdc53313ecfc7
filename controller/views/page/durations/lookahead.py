"""Waiting that cost a slot time, told apart from lookahead.

An attempt may be on its node before a slot is free there (`lookahead`). While every slot of the
node is taken, its waiting delays nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import accumulate

from controller.core.model import Trial

LOOKAHEAD, WAITING = "lookahead", "waiting"


def told_apart(
    trials: Iterable[Trial], places: Mapping[str, int]
) -> dict[int, Mapping[str, float]]:
    """The seconds of each trial by activity, with `lookahead` taken out of `waiting`.

    Args:
        trials: in the order of their ids.
        places: how many trials each node can run at once. An unknown node has as many places as it
            has run trials at once.
    """
    known = list(trials)
    nodes = busy(known, places)
    found: dict[int, Mapping[str, float]] = {}
    for trial in known:
        seconds = dict(trial.seconds)
        last = trial.attempts[-1] if trial.attempts else None
        if seconds.get(WAITING) and last is not None and last.started_at is not None:
            ahead = nodes[last.node].within(last.placed_at, last.started_at)
            ahead = min(ahead, seconds[WAITING])
            seconds = {LOOKAHEAD: ahead, **seconds, WAITING: seconds[WAITING] - ahead}
        found[trial.id] = seconds
    return found


class Busy:
    """The times at which every place of a node is taken, as intervals that do not overlap."""

    def __init__(self, intervals: list[tuple[float, float]]) -> None:
        self._starts = [start for start, _ in intervals]
        self._ends = [end for _, end in intervals]
        lengths = (end - start for start, end in intervals)
        self._before = [0.0, *accumulate(lengths)]  # seconds in the intervals before each

    def within(self, start: float, end: float) -> float:
        """How many of the seconds from `start` to `end` are in the intervals."""
        return max(0.0, self._until(end) - self._until(start))

    def _until(self, at: float) -> float:
        count = bisect_left(self._starts, at)
        return self._before[count] - (max(0.0, self._ends[count - 1] - at) if count else 0.0)


def busy(trials: Iterable[Trial], places: Mapping[str, int]) -> Mapping[str, Busy]:
    """When each node was full."""
    changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for trial in trials:
        for attempt in trial.attempts:
            if attempt.started_at is not None and attempt.ended_at is not None:
                changes[attempt.node] += [(attempt.started_at, 1), (attempt.ended_at, -1)]
    empty = Busy([])
    found: dict[str, Busy] = defaultdict(lambda: empty)
    for node, times in changes.items():
        times.sort()
        most = max(accumulate(by for _, by in times))
        found[node] = Busy(_full(times, places.get(node) or most))
    return found


def _full(times: list[tuple[float, int]], places: int) -> list[tuple[float, float]]:
    intervals = []
    running, since = 0, 0.0
    for at, by in times:
        was_full = running >= places
        running += by
        if running >= places and not was_full:
            since = at
        elif was_full and running < places and at > since:
            intervals.append((since, at))
    return intervals

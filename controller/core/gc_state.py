"""Where the removal of weights stands."""

from __future__ import annotations

from controller.core import events as e

LEAST = 8  # verdicts after which weights are collected at the earliest


class Retention:
    """What was asked about weights and what became of it. A collection is:

    the tuner says what it may still name as parents, the removal is decided (from then on nobody
    may start from those weights), and the store says that it is done.
    """

    def __init__(self) -> None:
        self.wanted = False  # a person, or a store that is short of room, wants a collection
        self.gained = 0  # verdicts since the last collection
        self.asked = False  # whether the tuner is to be waited for
        self.answered = False  # whether it answered in this collection
        self.barred: set[int] = set()  # trials that it will not name as parents any more
        self.removing: dict[int, None] = {}  # trials whose weights are being removed
        self.sweeping: dict[tuple[int, int], None] = {}  # attempts whose leftovers are
        self.left: dict[int, None] = {}  # trials whose weights could not be removed
        self.swept: set[tuple[int, int]] = set()
        self.refused: str | None = None  # why the store does not let them be removed
        self.freed = 0  # bytes of weights whose names went

    @property
    def under_way(self) -> bool:
        """Whether the store is at it."""
        return bool(self.removing or self.sweeping)

    def is_due(self, trials: int, *, in_need: bool) -> bool:
        """Whether enough has happened, among so many trials, for weights to be collected."""
        return self.gained >= (1 if in_need else max(LEAST, trials // 8))

    def open(self) -> None:
        """Another controller, and another tuner, take over: it is asked anew."""
        self.asked = self.answered = False
        self.barred.clear()
        self.refused = None

    def ask(self) -> None:
        """The tuner is asked."""
        self.asked = True

    def answer(self, event: e.ParentsSaid) -> None:
        """The tuner answered."""
        self.asked, self.answered = False, True
        self.barred |= set(event.trials) - set(event.possible)

    def begin(self, event: e.RemovalAsked) -> None:
        """The removal is decided."""
        self.wanted = self.answered = False
        self.gained = 0
        self.left.clear()
        self.removing |= dict.fromkeys(event.trials)
        self.sweeping |= dict.fromkeys(event.attempts)

    def end(self, event: e.Removed) -> None:
        """It is done, or as much of it as could be."""
        for trial in event.trials:
            self.removing.pop(trial, None)
        for attempt in event.attempts:
            self.sweeping.pop(attempt, None)
            self.swept.add(attempt)
        self.freed += event.size
        if event.problem:
            self.refused = event.problem
            self.left |= self.removing
            self.removing.clear()
            self.sweeping.clear()

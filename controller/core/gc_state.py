"""The state of garbage collection. `gc.py` decides from it what is removed."""

from __future__ import annotations

from collections.abc import Sequence

from controller.core import events as e
from controller.core.commands import Commands
from controller.core.model import Outcome

_MIN_VERDICTS = 8  # verdicts between two collections, at least
_MIN_SHARED = 2  # or weights of trials that are no candidates, which tend to be large


class CheckpointState:
    """Which attempts have checkpoints on the store, and how many bytes those of one attempt take.

    A lost attempt did not say what it left. It may have some once any other attempt had.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self.held: dict[tuple[int, int], None] = {}  # attempts, in the order of their ends
        self.largest = 0  # bytes, the most that an attempt has left
        self.refused: str | None = None  # why the store does not allow a removal

    def note(self, trial: int, number: int) -> None:
        """An attempt has checkpoints."""
        self.held[trial, number] = None

    def end(self, event: e.Ended) -> None:
        """An attempt has ended."""
        self.largest = max(self.largest, event.checkpoints)
        lost = event.outcome is Outcome.LOST and bool(self.largest or self.held)
        if event.checkpoints or lost:
            self.held[event.trial, event.number] = None

    def forget(self, attempts: Sequence[tuple[int, int]]) -> None:
        """Nothing is left of these attempts."""
        for attempt in attempts:
            self.held.pop(attempt, None)

    def begin_removal(self, event: e.CheckpointsRemovalAsked) -> None:
        """Issue the removal."""
        for attempt in event.attempts:
            self._commands.checkpoints.issue(attempt, None)

    def end_removal(self, event: e.CheckpointsRemoved) -> None:
        """Take the store's report. What could not be removed is left until another controller."""
        self.forget(event.attempts)
        for attempt in event.attempts:
            self._commands.checkpoints.done(attempt)
        if event.problem:
            self.refused = event.problem
            self._commands.checkpoints.issued.clear()


class GcState:
    """What the tuner and the store answered. One collection has three steps.

    The tuner is asked which trials it may still name as parents; the removal is decided (from
    then on no trial may start from these weights); the store reports what it removed. What is
    being removed stands among the pending commands.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self.wanted = False  # a user asked for a collection, or the store is short of room
        self.verdicts = 0  # since the last collection
        self.shared = 0  # committed weights of trials that are no candidates
        self._shared_then = 0  # the same at the last collection
        self.asked = False  # the tuner's answer is awaited
        self.answered = False  # the tuner answered in this collection
        self.ruled_out: set[int] = set()  # trials that the tuner will not name as parents
        self.removed_at_end: set[int] = set()  # trials removed when no proposal was possible
        self.cleaned: set[tuple[int, int]] = set()  # attempts whose leftovers were removed
        self.refused: str | None = None  # why the store does not allow the removal

    @property
    def is_removing(self) -> bool:
        """Whether a removal was decided and the store has not yet reported its end."""
        return bool(self._commands.removals.issued or self._commands.leftovers.issued)

    def is_due(self, trials: int, *, short_of_room: bool) -> bool:
        """Whether enough of the `trials` have ended since the last collection for another one."""
        if self.shared - self._shared_then >= max(_MIN_SHARED, self.shared // 16):
            return True
        return self.verdicts >= (1 if short_of_room else max(_MIN_VERDICTS, trials // 8))

    def reopen(self) -> None:
        """Another controller starts another tuner process, which must be asked again."""
        self.asked = self.answered = False
        self.ruled_out.clear()
        self.refused = None

    def answer(self, event: e.ParentsAnswered) -> None:
        """Take the tuner's answer."""
        self.asked, self.answered = False, True
        self.ruled_out |= set(event.trials) - set(event.possible)

    def begin(self, event: e.RemovalAsked) -> None:
        """Issue the removal."""
        self.wanted = self.answered = False
        self.verdicts = 0
        self._shared_then = self.shared
        self._commands.removals.due.clear()
        for trial in event.trials:
            self._commands.removals.issue(trial, None)
        for attempt in event.attempts:
            self._commands.leftovers.issue(attempt, None)

    def end(self, event: e.Removed) -> None:
        """Take the store's report. What could not be removed is due again."""
        removals, leftovers = self._commands.removals, self._commands.leftovers
        for trial in event.trials:
            removals.issued.pop(trial, None)
        for attempt in event.attempts:
            leftovers.issued.pop(attempt, None)
            self.cleaned.add(attempt)
        if event.problem:
            self.refused = event.problem
            removals.due |= removals.issued
            removals.issued.clear()
            leftovers.issued.clear()

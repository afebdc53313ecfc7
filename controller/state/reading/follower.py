"""Follows an experiment that a controller may be running."""

from __future__ import annotations

from collections.abc import Iterable

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.state import record
from controller.state.experiment_dir import ExperimentDir
from controller.state.journal import Journal
from controller.state.reading.reader import StoredTrials


class Follower:
    """An experiment as its journal has it, up to the newest event. Use as a context manager.

    Neither the start nor a look for news costs more in a search with more trials that have ended.
    """

    def __init__(self, place: ExperimentDir) -> None:
        self._place = place
        self._journal = Journal.open(place.journal, readonly=True)
        self._inode = self._find()
        self._last = 0  # the number of the last event that was applied
        self._read_up_to = 0  # the number of the last event that the tables contained
        with self._journal.snapshot():
            self.experiment = self._read()

    def new(self) -> list[e.Event]:
        """Take the events since the last read, and return them in order.

        Costs as much as there are new events. `experiment` is another object once a controller has
        written the tables again: trials that are read from now on contain later events, and no
        event may be applied to one that contains it. Raises HeirloomError.
        """
        with self._journal.snapshot():
            found = list(self._journal.read(self._last))
            if self._read_up_to and self._journal.tables_end() != self._read_up_to:
                self.experiment = self._read()
            else:
                self._apply(self.experiment, found)
        return [event for _, event in found]

    @property
    def sequence(self) -> int:
        """The number of the last event that was applied."""
        return self._last

    @property
    def is_replaced(self) -> bool:
        """Whether the journal that is read is no longer the experiment's."""
        found = self._find()
        return found is None or found != self._inode

    def _read(self) -> Experiment:
        """The experiment after the newest event, within a snapshot."""
        restored = self._journal.restore(lambda: record.read_config(self._place).rules(), lazy=True)
        x, self._last, self._read_up_to = restored.experiment, restored.seq, restored.seq
        self._apply(x, self._journal.read(restored.seq))
        if isinstance(x.trials, StoredTrials):  # those that events to come may change
            x.trials.load_open()
            x.trials.load(trial for trial, _ in x.on_nodes)
        return x

    def _apply(self, x: Experiment, events: Iterable[tuple[int, e.Event]]) -> None:
        for number, event in events:
            x.apply(event)
            self._last = number

    def _find(self) -> int | None:
        """The journal's inode; None if the experiment was removed."""
        try:
            return self._place.journal.stat().st_ino
        except OSError:
            return None

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

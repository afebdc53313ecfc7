"""Follows an experiment that a controller may be running."""

from __future__ import annotations

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
        with self._journal.snapshot():
            self.experiment = self._read(None)

    def new(self) -> list[e.Event]:
        """Apply the events since the last read, and return them in order.

        Costs as much as there are new events. Raises HeirloomError.
        """
        found = []
        with self._journal.snapshot():
            for number, event in self._journal.read(self._last):
                self._last = number
                self.experiment.apply(event)
                found.append(event)
            trials = self.experiment.trials
            if isinstance(trials, StoredTrials) and trials.is_outdated:
                self.experiment = self._read(self._last)
        return found

    @property
    def is_replaced(self) -> bool:
        """Whether the journal that is read is no longer the experiment's."""
        found = self._find()
        return found is None or found != self._inode

    def _read(self, last: int | None) -> Experiment:
        """The experiment after the event `last`, the newest by default, within a snapshot."""
        restored = self._journal.restore(lambda: record.read_config(self._place).rules(), lazy=True)
        x, self._last = restored.experiment, restored.seq
        for number, event in self._journal.read(restored.seq):
            if last is not None and number > last:
                break
            x.apply(event)
            self._last = number
        if isinstance(x.trials, StoredTrials):  # those that events to come may change
            x.trials.load_open()
            x.trials.load(trial for trial, _ in x.on_nodes)
        return x

    def _find(self) -> int | None:
        """The journal's inode; None if the experiment was removed."""
        try:
            return self._place.journal.stat().st_ino
        except OSError:
            return None

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

"""An experiment that is followed for its readers, whether a controller runs it or none does."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

from controller.errors import HeirloomError
from controller.formats import command
from controller.state import record as records
from controller.state.experiment_dir import ExperimentDir
from controller.state.lock import is_locked
from controller.state.reading.follower import Follower
from controller.state.record import Record
from controller.store.layout import Root
from controller.views.page.source import Source
from controller.views.server.live.curves import StoredCurves


class GoneError(HeirloomError):
    """The experiment was removed, or another one has its name."""


class Version(NamedTuple):
    """What documents are made from. Documents of equal versions are equal."""

    sequence: int  # the number of the last event
    is_running: bool  # whether a controller runs it


class Followed:
    """One experiment, read by its journal. Use it in one thread, and `close` it there.

    To look for news costs as much as there is news, whatever the number of trials. Raises
    GoneError where there is no such experiment, HeirloomError where its journal cannot be read.
    """

    def __init__(self, place: ExperimentDir) -> None:
        self._place = place
        if not place.is_complete:
            raise self._gone()
        self._config = records.read_config(place)
        self._follower = Follower(place)
        self._version = Version(self._follower.sequence, is_locked(place))
        self._source: Source | None = None

    def look(self) -> Version:
        """Apply what has happened. Raises GoneError, HeirloomError."""
        if self._follower.is_replaced:
            raise self._gone()
        self._follower.new()
        version = Version(self._follower.sequence, is_locked(self._place))
        if version != self._version:
            self._version, self._source = version, None
        return version

    @property
    def version(self) -> Version:
        """What the last look found."""
        return self._version

    @property
    def root(self) -> Root:
        """Its directory on the store. Raises RecordError while it is being created."""
        return self.source().record.root

    def source(self) -> Source:
        """What documents are made from, after the last look."""
        if self._source is None:
            self._source = self._read()
        return self._source

    def _read(self) -> Source:
        x = self._follower.experiment
        if x.created is None:
            raise records.RecordError(f"{self._place.name}: the experiment is being created")
        root = Root(Path(x.created.root))
        record = Record(self._place, x, root, self._version.is_running)
        record.config = self._config  # read once
        on_nodes = [trial for trial, _ in x.on_nodes]
        curves = StoredCurves(self._place.journal, len(x.trials), on_nodes)
        return dataclasses.replace(Source.of(record), curves=curves.values, metrics=curves.metrics)

    def _gone(self) -> GoneError:
        return GoneError(
            f"{self._place.name} was removed, or another experiment has its name now: "
            f"`{command('status')}` lists those that exist"
        )

    def close(self) -> None:
        """Close the journal."""
        self._follower.close()

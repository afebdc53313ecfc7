"""The controller's own disk: a real journal, killed between any two writes and amid one."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from controller.core.events import Event, RemovalAsked
from controller.state.journal import Journal, JournalError

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab


class ControllerKilledError(BaseException):
    """The controller dies here. `torn`: so many bytes of the journal's log were whole before."""

    def __init__(self, torn: int | None = None) -> None:
        super().__init__(torn)
        self.torn = torn


class Disk:
    """Where the journal lies. `promised` are the events whose append returned."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self._lab = lab
        self._path = directory / "journal.db"
        self._log = directory / "journal.db-wal"
        self.promised: list[Event] = []

    def create(self, first: Event) -> None:
        """Make the journal."""
        with Journal.create(self._path) as journal:
            journal.append([first])
        self.promised.append(first)

    def open(self) -> WeatheredJournal:
        """Open it, as a controller that takes the experiment up does."""
        journal = WeatheredJournal.open(self._path)
        assert isinstance(journal, WeatheredJournal)
        journal.lab, journal.disk = self._lab, self
        return journal

    def kill(self, journal: Journal, torn: int | None) -> None:
        """What a kill leaves of an open journal: everything written, but for what was torn."""
        kept = [(path, path.with_name(f"{path.name}.kept")) for path in (self._path, self._log)]
        for path, copy in kept:
            if path.exists():
                shutil.copyfile(path, copy)
        journal.close()  # which tidies up, as a kill does not
        for path, copy in kept:
            if copy.exists():
                copy.rename(path)
        if torn is not None:
            whole = self.log_size()
            cut = self._lab.rng.randrange(torn, whole)
            with self._log.open("r+b") as file:
                if self._lab.rng.random() < 0.5:
                    file.truncate(cut)
                else:  # a hole, where a later block came to the disk before this one
                    file.seek(cut)
                    file.write(b"\0" * (whole - cut))

    def log_size(self) -> int:
        """Bytes of the write-ahead log."""
        return self._log.stat().st_size if self._log.exists() else 0

    def check(self, found: Sequence[Event]) -> None:
        """Rule 3: what the journal took, it holds."""
        self._lab.rules.hold(
            3, list(found) == self.promised, "the journal does not hold what it took, and that only"
        )


class WeatheredJournal(Journal):
    """The real journal; its controller may die over any append."""

    lab: Lab
    disk: Disk

    def append(self, events: Sequence[Event]) -> None:
        """See Journal."""
        if not events:
            return
        weather = self.lab.weather
        if weather.strikes("journal full"):
            raise JournalError("the journal cannot be written: database or disk is full")
        if weather.strikes("journal killed before"):
            raise ControllerKilledError
        before = self.disk.log_size() if weather.strikes("journal torn") else None
        super().append(events)
        if before is not None and self.disk.log_size() > before:
            raise ControllerKilledError(before)
        for event in events:
            self.disk.promised.append(event)
            if isinstance(event, RemovalAsked):
                self.lab.removals.decided(event)
        if self.lab.story.is_told:
            for event in events:
                self.lab.story.say("journal", _words(event))
        if weather.strikes("journal killed after"):
            raise ControllerKilledError


def _words(event: Event) -> str:
    said = {
        name: value
        for name in event.__dataclass_fields__
        if name not in ("at", "kind") and (value := getattr(event, name)) not in (None, "", ())
    }
    return f"{event.kind} " + " ".join(f"{name}={value!s}" for name, value in said.items())

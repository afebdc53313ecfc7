"""The controller's disk: a real journal that is killed between or during writes."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from controller.core.events import CheckpointsRemovalAsked, Event, RemovalAsked
from controller.state.journal import Journal, JournalError

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab


class ControllerKilledError(BaseException):
    """The controller is killed here. `torn`: the bytes of the journal's log that were intact."""

    def __init__(self, torn: int | None = None) -> None:
        super().__init__(torn)
        self.torn = torn


class Disk:
    """The disk with the journal. `promised`: the events whose append has returned."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self._lab = lab
        self._path = directory / "journal.db"
        self._log = directory / "journal.db-wal"
        self.promised: list[Event] = []

    def create(self, first: Sequence[Event]) -> None:
        """Create the journal."""
        with Journal.create(self._path) as journal:
            journal.append(first)
        self.promise(first)

    def promise(self, events: Sequence[Event]) -> None:
        """The journal has accepted these events. Check the decisions among them."""
        for event in events:
            self.promised.append(event)
            self._lab.inheritance_rules.journaled(event)
            self._lab.methods.journaled(event)
            if isinstance(event, RemovalAsked):
                self._lab.gc_rules.decided(event)
            if isinstance(event, CheckpointsRemovalAsked):
                self._lab.checkpoint_rules.decided(event)

    def open(self) -> FaultyJournal:
        """Open the journal, as a resumed controller does."""
        journal = FaultyJournal.open(self._path)
        assert isinstance(journal, FaultyJournal)
        journal.lab, journal.disk = self._lab, self
        return journal

    def kill(self, journal: Journal, torn: int | None) -> None:
        """Leave the files as a kill does: everything that was written, except the torn part."""
        kept = [(path, path.with_name(f"{path.name}.kept")) for path in (self._path, self._log)]
        for path, copy in kept:
            if path.exists():
                shutil.copyfile(path, copy)
        journal.close()  # this removes the log, unlike a kill
        for path, copy in kept:
            if copy.exists():
                copy.rename(path)
        if torn is not None:
            whole = self.log_size()
            cut = self._lab.rng.randrange(torn, whole)
            truncates = self._lab.rng.random() < 0.5
            with self._log.open("r+b") as file:
                file.seek(cut)
                if truncates or not any(file.read()):  # zeros in place of zeros lose nothing
                    file.truncate(cut)
                else:  # a hole: a later block reached the disk before this one
                    file.seek(cut)
                    file.write(b"\0" * (whole - cut))

    def log_size(self) -> int:
        """Bytes of the write-ahead log."""
        return self._log.stat().st_size if self._log.exists() else 0

    def check(self, found: Sequence[Event]) -> None:
        """Rule 3: the journal holds every event that it accepted."""
        self._lab.rules.hold(
            3, list(found) == self.promised, "the journal does not hold what it took, and that only"
        )


class FaultyJournal(Journal):
    """The real journal. The controller may be killed during any append."""

    lab: Lab
    disk: Disk

    def append(self, events: Sequence[Event]) -> None:
        """See Journal."""
        if not events:
            return
        faults = self.lab.faults
        if faults.occurs("journal full"):
            raise JournalError("the journal cannot be written: database or disk is full")
        if faults.occurs("journal killed before"):
            raise ControllerKilledError
        before = self.disk.log_size() if faults.occurs("journal torn") else None
        super().append(events)
        if before is not None and self.disk.log_size() > before:
            raise ControllerKilledError(before)
        self.disk.promise(events)
        if self.lab.trace.is_enabled:
            for event in events:
                self.lab.trace.write("journal", _text(event))
        if faults.occurs("journal killed after"):
            raise ControllerKilledError


def _text(event: Event) -> str:
    fields = {
        name: value
        for name in event.__dataclass_fields__
        if name not in ("at", "kind") and (value := getattr(event, name)) not in (None, "", ())
    }
    return f"{event.kind} " + " ".join(f"{name}={value!s}" for name, value in fields.items())

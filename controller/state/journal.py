"""The journal: every event of an experiment, in order, in SQLite on a local disk.

An append is one transaction with `synchronous=FULL`: once it returned, its events survive a kill
and a power loss (https://www.sqlite.org/pragma.html#pragma_synchronous). Write-ahead logging
lets other processes read while the controller writes.
"""

from __future__ import annotations

import contextlib
import functools
import json
import logging
import sqlite3
import typing
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from types import TracebackType

from controller.core.events import Event
from controller.core.experiment import Experiment
from controller.core.model import Rules, Trial
from controller.state import database, rows
from controller.state.database import JournalError, NewerJournalError
from controller.state.migrations import FORMAT, changed_kinds
from controller.state.reading import check, reader, schema, tuner_state
from controller.state.reading.curves import Curves, Reports
from controller.state.reading.reader import Restored
from controller.state.reading.tuner_state import TunerState
from controller.state.reading.writer import EVERY, Writer

__all__ = ["FORMAT", "Journal", "JournalError", "NewerJournalError"]

_BATCH = 1000  # rows fetched at once
# The format is read in the statement that reads the rows: the owner of the experiment may migrate
# the journal at any time, and one statement sees one state.
_ROWS = """
    SELECT seq, kind, body, (SELECT user_version FROM pragma_user_version)
    FROM events WHERE seq > ? ORDER BY seq
"""
_INSERT = "INSERT INTO events (kind, body) VALUES (?, ?)"
_OF_KINDS = _ROWS.replace("seq > ?", "seq > ? AND kind IN (SELECT value FROM json_each(?))")

log = logging.getLogger(__name__)


class Journal:
    """An open journal. Use as a context manager, from one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._writer: Writer | None = None
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Journal:
        """Make a new journal. Raises JournalError when there is one or it cannot be written."""
        return cls(database.create(path), path)

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> Journal:
        """Open an existing journal.

        With `readonly` nothing is changed, and rows of an older format are translated when they are
        read. Otherwise the caller holds the experiment's lock, and a journal of an older format is
        migrated; a copy of it stays beside it.

        Raises JournalError when it is missing or damaged, NewerJournalError when a newer version of
        Heirloom wrote it.
        """
        return cls(database.connect(path, readonly=readonly), path)

    def append(self, events: Sequence[Event]) -> None:
        """Write events in one transaction; they are on the disk when this returns.

        Raises JournalError when the disk is full or the file cannot be written: none of `events` is
        journaled then.
        """
        if not events:
            return
        encoded = [(event.kind, rows.encode(event)) for event in events]
        with database.translate_sqlite_errors(self.path, "written"):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(_INSERT, encoded)
                if self._writer is not None:
                    self._update_tables(self._writer, events)
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        if self._writer is not None:
            self._writer.committed()

    def follow(
        self, experiment: Experiment, restored: Restored | None = None, *, every: int = EVERY
    ) -> None:
        """From now on, write the reading tables as well, after each `every` events.

        The experiment has applied what the journal holds, and has always applied what `append`
        gets. `restored`: what `restore` returned, if the experiment comes from there. By default
        the tables are written anew, and so they are where a row that it needs is damaged.
        """
        self._writer = Writer(self._connection, experiment, restored, every=every)
        if restored is None or not restored.seq:
            return
        try:
            self._writer.note([event for _, event in self.read(restored.seq)])
        except ValueError as error:
            log.warning("%s: the reading tables are written anew: %s", self.path, error)
            self._writer = Writer(self._connection, experiment, None, every=every)

    def settle(self) -> None:
        """Bring the reading tables up to the last event. If that fails, readers apply events."""
        writer = self._writer
        if writer is None or not writer.is_behind:
            return
        if self._write_beside(lambda: self._update_tables(writer, now=True)):
            writer.committed()

    def keep_tuner_state(self, state: TunerState) -> None:
        """Keep the tuner's state. If that fails, a resume repeats more of the tuner's calls."""
        self._write_beside(lambda: tuner_state.write(self._connection, state))

    def drop_tuner_state(self) -> None:
        """Have the next resume repeat all calls of the tuner."""
        self._write_beside(lambda: tuner_state.drop(self._connection))

    def _write_beside(self, write: Callable[[], None]) -> bool:
        """Write what follows from the events, in a transaction. Returns whether it is written."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            write()
            self._connection.execute("COMMIT")
        except sqlite3.Error:
            log.exception("%s: what follows from the events is not written", self.path)
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return False
        return True

    def _update_tables(
        self, writer: Writer, events: Sequence[Event] = (), *, now: bool = False
    ) -> None:
        """Have the writer note events, and write if that is due or `now`, in the open transaction.

        A mistake in the tables costs their readers time, and does not end a search.
        """
        self._connection.execute("SAVEPOINT tables")
        try:
            writer.note(events)
            if now or writer.is_due:
                [(seq,)] = self._connection.execute("SELECT max(seq) FROM events")
                reports = self.read(kinds=typing.get_args(Reports))
                writer.write(seq, (event for _, event in reports))
        except sqlite3.Error:
            raise
        except Exception:
            log.exception("%s: the reading tables are not written any more", self.path)
            self._writer = None
            self._connection.execute("ROLLBACK TO tables")
        self._connection.execute("RELEASE tables")

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is read within the context is of one moment. Raises JournalError."""
        with database.translate_sqlite_errors(self.path, "read"):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute("COMMIT")

    def restore(self, rules: Callable[[], Rules], *, lazy: bool = False) -> Restored:
        """The experiment from the reading tables; a new one where there are none that fit.

        `rules` returns those of the experiment file. The events after `seq` of the answer are to be
        applied to it. Use it within `snapshot`. With `lazy`, a trial is read when it is asked for,
        while the journal is open. Raises JournalError.
        """
        with database.translate_sqlite_errors(self.path, "read"):
            replay = functools.partial(self._replay, rules) if lazy else None
            return reader.restore(self._connection, rules, self.path, replay)

    def tables_end(self) -> int:
        """The number of the last event that the reading tables contain. Raises JournalError.

        There must be tables.
        """
        with database.translate_sqlite_errors(self.path, "read"):
            return schema.end(self._connection)

    def tuner_state(self) -> TunerState | None:
        """The tuner's state, if one fits the events. Raises JournalError."""
        with database.translate_sqlite_errors(self.path, "read"):
            return tuner_state.read(self._connection)

    @property
    def last(self) -> int:
        """The number of the last event, 0 if there is none. Raises JournalError."""
        with database.translate_sqlite_errors(self.path, "read"):
            [last] = self._connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
            return int(last)

    def differences(self, rules: Rules) -> list[str]:
        """What is different beside the events from what they lead to. Raises JournalError."""
        with self.snapshot(), database.translate_sqlite_errors(self.path, "read"):
            return check.differences(self._connection, rules, self.read())

    def curves(self, restored: Restored) -> Curves:
        """The curves at the moment of `restored`. Raises JournalError."""
        if restored.seq:
            try:
                with database.translate_sqlite_errors(self.path, "read"):
                    return reader.read_curves(self._connection, restored.metrics)
            except ValueError as error:
                log.warning("%s: the events are read in place of the curves: %s", self.path, error)
        found = Curves()
        for seq, event in self.read():
            if seq > restored.seq:
                break
            if isinstance(event, Reports):
                found.add(event)
        return found

    def _replay(self, rules: Callable[[], Rules], last: int) -> Sequence[Trial]:
        experiment = Experiment(rules())
        for seq, event in self.read():
            if seq > last:
                break
            experiment.apply(event)
        return experiment.trials

    def read(
        self, after: int = 0, kinds: Collection[type[Event]] = ()
    ) -> Iterator[tuple[int, Event]]:
        """The events with a number greater than `after`, in order, each with its number.

        Of these kinds, or of every kind for none, in a journal of today's format. Raises
        JournalError at a row that cannot be read.
        """
        with database.translate_sqlite_errors(self.path, "read"):
            cursor = self._rows(after, [rows.kind_of(kind) for kind in kinds])
            found = 0
            while fetched := cursor.fetchmany(_BATCH):
                if not found:
                    found = fetched[0][3]
                    database.refuse_unknown_format(self._connection, self.path, found)
                    changed = changed_kinds(found)
                for seq, kind, body, _ in fetched:
                    old = found if kind in changed else FORMAT
                    yield seq, rows.decode(self.path, seq, kind, body, old)

    def _rows(self, after: int, kinds: Sequence[str]) -> sqlite3.Cursor:
        if kinds:
            return self._connection.execute(_OF_KINDS, (after, json.dumps(kinds)))
        return self._connection.execute(_ROWS, (after,))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

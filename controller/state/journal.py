"""The journal: every event of an experiment, in order, in SQLite on a local disk.

An append is one transaction with `synchronous=FULL`: once it returned, its events survive a kill
and a power loss (https://www.sqlite.org/pragma.html#pragma_synchronous). Write-ahead logging
lets other processes read while the controller writes.
"""

from __future__ import annotations

import dataclasses
import json
import sqlite3
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from pydantic import TypeAdapter, ValidationError

from controller.core.events import Event
from controller.state import database
from controller.state.database import JournalError, NewerJournalError
from controller.state.migrations import FORMAT, changed_kinds, upgrade

__all__ = ["FORMAT", "Journal", "JournalError", "NewerJournalError"]

_BATCH = 1000  # rows fetched at once
# The format is read in the statement that reads the rows: the owner of the experiment may migrate
# the journal at any time, and one statement sees one state.
_ROWS = """
    SELECT seq, kind, body, (SELECT user_version FROM pragma_user_version)
    FROM events WHERE seq > ? ORDER BY seq
"""

_ADAPTERS: dict[str, TypeAdapter[Event]] = {
    kind.__dataclass_fields__["kind"].default: TypeAdapter(kind) for kind in typing.get_args(Event)
}


class Journal:
    """An open journal. Use as a context manager, from one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
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
        rows = [(event.kind, _encode(event)) for event in events]
        with database.translate_sqlite_errors(self.path, "written"):
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany("INSERT INTO events (kind, body) VALUES (?, ?)", rows)
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def read(self, after: int = 0) -> Iterator[tuple[int, Event]]:
        """The events with a number greater than `after`, in order, each with its number.

        Raises JournalError at a row that cannot be read.
        """
        with database.translate_sqlite_errors(self.path, "read"):
            cursor = self._connection.execute(_ROWS, (after,))
            found = 0
            while rows := cursor.fetchmany(_BATCH):
                if not found:
                    found = rows[0][3]
                    database.refuse_unknown_format(self._connection, self.path, found)
                    changed = changed_kinds(found)
                for seq, kind, body, _ in rows:
                    old = found if kind in changed else FORMAT
                    yield seq, self._decode(seq, kind, body, old)

    def _decode(self, seq: int, kind: str, body: str, found: int) -> Event:
        fields = database.decode(self.path, seq, kind, body)
        if found != FORMAT:
            kind, fields = upgrade(kind, fields, found)
        adapter = _ADAPTERS.get(kind)
        if adapter is None:
            raise JournalError(f"{self.path}: event {seq} is of an unknown kind, {kind!r}")
        try:
            return adapter.validate_python(fields)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise database.damaged(
                self.path, f"event {seq} ({kind}): {where}: {first['msg']}"
            ) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise database.damaged(self.path, f"event {seq} ({kind}): {error}") from error

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


def _encode(event: Event) -> str:
    """ASCII only: a trial may report text that is not valid Unicode."""
    body = {
        field.name: value
        for field in dataclasses.fields(event)
        if (value := getattr(event, field.name)) != field.default
    }
    return json.dumps(body, default=dataclasses.asdict)

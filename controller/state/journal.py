"""The journal: every event of an experiment, in order, in SQLite on a local disk.

An append is one transaction with `synchronous=FULL`, so what it returned from survives a kill
and a power loss (https://www.sqlite.org/pragma.html#pragma_synchronous). Write-ahead logging
lets other processes read while the controller writes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

from pydantic import TypeAdapter, ValidationError

from controller.core.events import Event
from controller.errors import HeirloomError

FORMAT = 1
_APPLICATION = 0x48454952  # "HEIR", in the file's header
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BATCH = 1000  # rows fetched at once
_PATIENCE = 10.0  # seconds to wait for another process that holds the file

_ADAPTERS: dict[str, TypeAdapter[Event]] = {
    kind.__dataclass_fields__["kind"].default: TypeAdapter(kind) for kind in typing.get_args(Event)
}


class JournalError(HeirloomError):
    """The journal cannot be used; the text says why and what to do."""


class Journal:
    """An open journal. Use as a context manager, from one thread."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Journal:
        """Make a new journal. Raises JournalError when there is one or it cannot be written."""
        if path.exists():
            raise JournalError(f"{path}: there is a journal already")
        with contextlib.suppress(OSError):  # which SQLite has words for
            path.touch(mode=0o600)  # its owner's alone, as what SQLite puts beside it will be
        with _words(path, "made"), _kept_if_sound(_connection(path, "rwc")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(
                f"""
                BEGIN;
                PRAGMA application_id={_APPLICATION};
                PRAGMA user_version={FORMAT};
                CREATE TABLE events
                    (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL);
                COMMIT;
                """
            )
        return cls(connection, path)

    @classmethod
    def open(cls, path: Path, *, readonly: bool = False) -> Journal:
        """Open an existing journal. Raises JournalError when it is missing, damaged or newer."""
        if not path.is_file():
            raise JournalError(f"{path}: there is no journal")
        mode = "ro" if readonly else "rw"
        with _words(path, "read"), _kept_if_sound(_connection(path, mode)) as connection:
            application = connection.execute("PRAGMA application_id").fetchone()[0]
            if application != _APPLICATION:
                raise JournalError(f"{path}: this is no journal of Heirloom's")
            found = connection.execute("PRAGMA user_version").fetchone()[0]
            if found != FORMAT:
                raise JournalError(
                    f"{path}: the journal has format {found}, and this version of Heirloom reads "
                    f"{FORMAT}; use the version that wrote it"
                )
            if not readonly:
                damage = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
                if damage != "ok":
                    raise JournalError(_damaged(path, damage))
        return cls(connection, path)

    def append(self, events: Sequence[Event]) -> None:
        """Write events in one transaction; they are on the disk when this returns.

        Raises JournalError when the disk is full or the file cannot be written: nothing of
        `events` is journaled then.
        """
        if not events:
            return
        rows = [(event.kind, _encode(event)) for event in events]
        with _words(self.path, "written"):
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
        with _words(self.path, "read"):
            cursor = self._connection.execute(
                "SELECT seq, kind, body FROM events WHERE seq > ? ORDER BY seq", (after,)
            )
            while rows := cursor.fetchmany(_BATCH):
                for seq, kind, body in rows:
                    yield seq, self._decode(seq, kind, body)

    def _decode(self, seq: int, kind: str, body: str) -> Event:
        adapter = _ADAPTERS.get(kind)
        if adapter is None:
            raise JournalError(f"{self.path}: event {seq} is of an unknown kind, {kind!r}")
        try:
            return adapter.validate_python(json.loads(body))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise JournalError(
                _damaged(self.path, f"event {seq} ({kind}): {where}: {first['msg']}")
            ) from error
        except (ValueError, TypeError, RecursionError) as error:
            raise JournalError(_damaged(self.path, f"event {seq} ({kind}): {error}")) from error

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
    """ASCII alone: a trial may report text that is no valid Unicode."""
    said = {
        field.name: value
        for field in dataclasses.fields(event)
        if (value := getattr(event, field.name)) != field.default
    }
    return json.dumps(said, default=dataclasses.asdict)


def _connection(path: Path, mode: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_PATIENCE)


@contextlib.contextmanager
def _kept_if_sound(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    try:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection
    except BaseException:
        connection.close()
        raise


@contextlib.contextmanager
def _words(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:  # not every error has one
            raise JournalError(_damaged(path, str(error))) from error
        raise JournalError(f"{path}: the journal cannot be {what}: {error}") from error


def _damaged(path: Path, how: str) -> str:
    return (
        f"{path}: the journal is damaged: {how}; put a copy of it that is whole in its place, or "
        f"have it made again from the store: recover {path.parent.name}"
    )

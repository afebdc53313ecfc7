"""The journal's SQLite file: connections, errors, and the migration of an older format."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller import __version__
from controller.errors import HeirloomError
from controller.state.migrations import FORMAT, changed_kinds, upgrade
from heirloom.store.atomic_write import sync_directory

_APPLICATION = 0x48454952  # "HEIR", in the file's header
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_BUSY_TIMEOUT = 10.0  # seconds to wait for another process that holds the file
_BATCH = 1000  # rows fetched at once


class JournalError(HeirloomError):
    """The journal cannot be used; the text says why and what to do."""


class NewerJournalError(JournalError):
    """A newer version of Heirloom wrote the journal."""


def create(path: Path) -> sqlite3.Connection:
    """Make an empty journal. Raises JournalError when there is one or it cannot be written."""
    if path.exists():
        raise JournalError(f"{path}: there is a journal already")
    with contextlib.suppress(OSError):  # SQLite reports it below
        path.touch(mode=0o600)  # SQLite gives the same mode to the files that it puts beside it
    with translate_sqlite_errors(path, "made"), _connect(path, "rwc") as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("BEGIN")
        connection.execute(f"PRAGMA application_id={_APPLICATION}")
        connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.execute(
            "CREATE TABLE events (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL)"
        )
        _record_version(connection)
        connection.execute("COMMIT")
    return connection


def connect(path: Path, *, readonly: bool) -> sqlite3.Connection:
    """Open a journal, and unless `readonly` migrate one of an older format.

    Only the holder of the experiment's lock may open it for writing. Raises JournalError when the
    file is missing or damaged, NewerJournalError when its format is.
    """
    if not path.is_file():
        raise JournalError(f"{path}: there is no journal")
    with (
        translate_sqlite_errors(path, "read"),
        _connect(path, "ro" if readonly else "rw") as connection,
    ):
        if _pragma(connection, "application_id") != _APPLICATION:
            raise JournalError(f"{path}: this is not a journal of Heirloom")
        found = _pragma(connection, "user_version")
        refuse_unknown_format(connection, path, found)
        if not readonly:
            damage = _pragma(connection, "quick_check(1)")
            if damage != "ok":
                raise damaged(path, damage)
            if found != FORMAT:
                _migrate(connection, path, found)
    return connection


def refuse_unknown_format(connection: sqlite3.Connection, path: Path, found: int) -> None:
    """Raise NewerJournalError for a format of the future, JournalError for one that never was."""
    if found < 1:
        raise damaged(path, f"its format is {found}")
    if found > FORMAT:
        newer = "a newer version of Heirloom"
        with contextlib.suppress(sqlite3.Error):
            version = "SELECT heirloom FROM versions ORDER BY format DESC, at DESC LIMIT 1"
            newer = f"Heirloom {connection.execute(version).fetchone()[0]}"
        raise NewerJournalError(
            f"{path}: the journal has format {found}, written by {newer}, and this version, "
            f"{__version__}, reads formats up to {FORMAT}: use the version that wrote it, or a "
            "newer one"
        )


def decode(path: Path, seq: int, kind: str, body: str) -> dict[str, Any]:
    """The body of a row. Raises JournalError when it is not a JSON object."""
    try:
        found = json.loads(body)
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(path, f"event {seq} ({kind}): {error}") from error
    if not isinstance(found, dict):
        raise damaged(path, f"event {seq} ({kind}): not a JSON object")
    return found


def damaged(path: Path, how: str) -> JournalError:
    """The error for a damaged journal."""
    return JournalError(
        f"{path}: the journal is damaged: {how}; restore an intact copy of it, or rebuild it from "
        f"the store: recover {path.parent.name}"
    )


@contextlib.contextmanager
def translate_sqlite_errors(path: Path, what: str) -> Iterator[None]:
    """Raise SQLite's errors as JournalError. `what`: the journal cannot be read, written, …"""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE:  # not every error has one
            raise damaged(path, str(error)) from error
        raise JournalError(f"{path}: the journal cannot be {what}: {error}") from error


@contextlib.contextmanager
def _connect(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection that stays open unless the block raises."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT)
    try:
        connection.execute("PRAGMA synchronous=FULL")
        yield connection
    except BaseException:
        connection.close()
        raise


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def _record_version(connection: sqlite3.Connection) -> None:
    """Note which version of Heirloom wrote this format."""
    connection.execute(
        "CREATE TABLE IF NOT EXISTS versions "
        "(format INTEGER NOT NULL, heirloom TEXT NOT NULL, at REAL NOT NULL)"
    )
    connection.execute("INSERT INTO versions VALUES (?, ?, ?)", (FORMAT, __version__, time.time()))


# Migration


def _migrate(connection: sqlite3.Connection, path: Path, found: int) -> None:
    """Bring a journal to today's format, in one transaction.

    A copy as it was is on the disk before that, so a kill or a power loss leaves the journal in the
    old format or in the new one.
    """
    with translate_sqlite_errors(path, "migrated"):
        try:
            _keep_copy(connection, path.with_name(f"{path.name}.format-{found}"))
        except OSError as error:
            raise JournalError(
                f"{path}: the journal cannot be migrated to format {FORMAT}: no copy of it can be "
                f"written: {error}"
            ) from error
        connection.execute("BEGIN IMMEDIATE")
        try:
            _upgrade_rows(connection, path, found)
            _record_version(connection)
            connection.execute(f"PRAGMA user_version={FORMAT}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _keep_copy(connection: sqlite3.Connection, target: Path) -> None:
    """Copy the journal to `target`, durably. Raises OSError, sqlite3.Error.

    A copy that a killed migration made is replaced: an older version may have run the experiment
    since.
    """
    draft = target.with_name(f"{target.name}.tmp")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with contextlib.closing(sqlite3.connect(draft)) as copy:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.rename(target)
    sync_directory(str(target.parent))


def _upgrade_rows(connection: sqlite3.Connection, path: Path, found: int) -> None:
    kinds = sorted(changed_kinds(found))
    marks = ", ".join("?" * len(kinds))
    select = f"SELECT seq, kind, body FROM events WHERE seq > ? AND kind IN ({marks}) ORDER BY seq"  # noqa: S608 - question marks
    seq = 0
    while rows := connection.execute(f"{select} LIMIT {_BATCH}", (seq, *kinds)).fetchall():
        changed = []
        for number, kind, body in rows:
            new_kind, new_body = upgrade(kind, decode(path, number, kind, body), found)
            changed.append((new_kind, json.dumps(new_body), number))
        connection.executemany("UPDATE events SET kind = ?, body = ? WHERE seq = ?", changed)
        seq = rows[-1][0]

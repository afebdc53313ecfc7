"""The tuner's state beside the events, so that a resume need not repeat all of its calls.

The table `tuner` has one row: the number of an event, the version, a digest, and the state to which
the calls up to that event lead, as JSON. It is independent of the other tables.
"""

from __future__ import annotations

import functools
import json
import logging
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import heirloom
from controller.state.reading import schema

if TYPE_CHECKING:
    from heirloom.tuners.process.protocol import SavedState

_TABLE = """
CREATE TABLE tuner
    (seq INTEGER NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, body TEXT NOT NULL)
"""
_CODE = ("assessors", "morphism", "objective", "space", "tuners")  # what makes and reads a state
log = logging.getLogger(__name__)


class TunerState(NamedTuple):
    """The state of a tuner after all of its calls up to an event."""

    seq: int  # the number of the event
    saved: SavedState


@functools.cache
def version() -> str:
    """The version of Heirloom with a digest of the tuners' code."""
    [home] = map(Path, heirloom.__path__)
    return schema.code_version(*(home / name for name in _CODE))


def write(connection: sqlite3.Connection, state: TunerState) -> None:
    """Replace the state, in the open transaction. Raises sqlite3.Error."""
    drop(connection)  # another version may have made the table with other columns
    connection.execute(_TABLE)
    body = json.dumps(state.saved)
    row = (state.seq, version(), _digest(state.seq, body), body)
    connection.execute("INSERT INTO tuner VALUES (?, ?, ?, ?)", row)


def read(connection: sqlite3.Connection) -> TunerState | None:
    """The state. None where there is none of this version that fits the events.

    Raises sqlite3.Error.
    """
    row = _row(connection)
    if row is None:
        return None
    if found := _misfit(connection, row):
        log.warning("the tuner's calls are repeated: %s", found)
        return None
    return TunerState(row[0], cast("SavedState", json.loads(row[3])))


def misfit(connection: sqlite3.Connection) -> str:
    """Why a state of this version does not fit the events; empty if it does, or there is none.

    Raises sqlite3.Error.
    """
    row = _row(connection)
    return "" if row is None else _misfit(connection, row)


def drop(connection: sqlite3.Connection) -> None:
    """Remove the state. Raises sqlite3.Error."""
    connection.execute("DROP TABLE IF EXISTS tuner")


def _row(connection: sqlite3.Connection) -> Any:
    """The row of this version, None if there is none."""
    columns = [
        name for (name,) in connection.execute("SELECT name FROM pragma_table_info('tuner')")
    ]
    if columns != ["seq", "version", "digest", "body"]:
        return None
    try:
        with schema.only_text():
            row = connection.execute("SELECT seq, version, digest, body FROM tuner").fetchone()
    except schema.TablesError:
        return 0, version(), "", ""  # with a digest that does not fit
    return None if row is None or row[1] != version() else row


def _misfit(connection: sqlite3.Connection, row: Any) -> str:
    seq, _, digest, body = row
    if digest != _digest(seq, body):
        return "it is damaged"
    [last] = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
    return f"it is of event {seq}, and the last is {last}" if seq > last else ""


def _digest(seq: int, body: str) -> str:
    return schema.digest_of(str(seq), "\n", body)

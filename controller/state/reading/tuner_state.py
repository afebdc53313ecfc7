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
from typing import Any, NamedTuple, cast

import heirloom
from controller.state.reading import schema
from heirloom.tuners.process.protocol import SavedState

_TABLE = """
CREATE TABLE IF NOT EXISTS tuner
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
    connection.execute(_TABLE)
    connection.execute("DELETE FROM tuner")
    body = json.dumps(state.saved)
    row = (state.seq, version(), _digest(state.seq, body), body)
    connection.execute("INSERT INTO tuner VALUES (?, ?, ?, ?)", row)


def read(connection: sqlite3.Connection) -> TunerState | None:
    """The state. None where there is none of this version that fits the events.

    Raises sqlite3.Error.
    """
    if not _exists(connection):
        return None
    row = connection.execute("SELECT seq, version, digest, body FROM tuner").fetchone()
    if row is None or row[1] != version():
        return None
    problem = _problem(connection, row)
    if problem:
        log.warning("%s: the tuner's calls are repeated", problem)
        return None
    return TunerState(row[0], cast("SavedState", json.loads(row[3])))


def problem_of(connection: sqlite3.Connection) -> str:
    """What is wrong with the row of this version; empty if nothing is. Raises sqlite3.Error."""
    if not _exists(connection):
        return ""
    row = connection.execute("SELECT seq, version, digest, body FROM tuner").fetchone()
    return "" if row is None or row[1] != version() else _problem(connection, row)


def drop(connection: sqlite3.Connection) -> None:
    """Remove the state. Raises sqlite3.Error."""
    connection.execute("DROP TABLE IF EXISTS tuner")


def _exists(connection: sqlite3.Connection) -> bool:
    name = "SELECT name FROM sqlite_schema WHERE name = 'tuner'"
    return connection.execute(name).fetchone() is not None


def _problem(connection: sqlite3.Connection, row: Any) -> str:
    seq, _, digest, body = row
    if digest != _digest(seq, body):
        return "the tuner's state is damaged"
    [last] = connection.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
    return f"the tuner's state is of event {seq}, and the last is {last}" if seq > last else ""


def _digest(seq: int, body: str) -> str:
    return schema.digest_of(str(seq), "\n", body)

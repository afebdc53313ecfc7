"""The reading tables in the journal's database, and which version of Heirloom may use them.

| table | row |
|---|---|
| `snapshot` | one: the number of the last event that the tables contain, the version, the trials |
| `parts` | a part of the core's state (plain.py), as JSON |
| `trials` | a trial (trials.py) |
| `curves` | the learning curves of a trial (curves.py) |
| `tuner` | one: the tuner's state (tuner_state.py) |
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import controller.core
import heirloom.objective
from controller import __version__

METRICS = "metrics"  # a part: the names of all metrics
_TABLES = """
CREATE TABLE snapshot
    (seq INTEGER NOT NULL, version TEXT NOT NULL, trials INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE parts (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE trials
    (id INTEGER PRIMARY KEY, state TEXT NOT NULL, value REAL, candidate INTEGER NOT NULL,
    digest TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX trials_by_state ON trials (state, value, candidate);
CREATE TABLE curves
    (trial INTEGER PRIMARY KEY, digest TEXT NOT NULL, body TEXT NOT NULL);
"""


class TablesError(ValueError):
    """The tables do not hold what they should. The events do."""


class Snapshot(NamedTuple):
    """What the tables contain."""

    seq: int  # the number of the last event
    trials: int
    parts: dict[str, Any]  # plain values


@functools.cache
def version() -> str:
    """The version of Heirloom with a digest of the code that makes the tables from events.

    Versions between two releases have the same number.
    """
    core, objective = Path(controller.core.__file__), Path(heirloom.objective.__file__)
    return code_version(core.parent, objective.parent, Path(__file__).parent)


def code_version(*places: Path) -> str:
    """The version of Heirloom with a digest of the Python files in directories."""
    digest = hashlib.blake2b(digest_size=8)
    for place in places:
        for path in sorted(place.rglob("*.py")):
            digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()}"


def digest_of(*texts: str) -> str:
    """A digest against damage."""
    found = hashlib.blake2b(digest_size=8)
    for text in texts:
        found.update(text.encode())
    return found.hexdigest()


def checked(body: str, digest: str) -> str:
    """The body of a row. Raises TablesError where it does not have its digest."""
    if digest_of(body) != digest:
        raise TablesError("a row of the reading tables is damaged")
    return body


@contextlib.contextmanager
def only_text() -> Iterator[None]:
    """Raise TablesError where a damaged row has bytes that are not UTF-8."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if "decode" not in str(error):  # sqlite3 has no code for it
            raise
        raise TablesError(f"a row of the reading tables is damaged: {error}") from error


def create(connection: sqlite3.Connection) -> None:
    """Create empty tables in place of those that there are. Raises sqlite3.Error.

    Another version may have made them with other columns.
    """
    for table in ("snapshot", "parts", "trials", "curves"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in _TABLES.split(";"):  # `executescript` would commit
        connection.execute(statement)


def write_snapshot(connection: sqlite3.Connection, seq: int, trials: int, digest: str) -> None:
    """Say that the tables contain the events up to `seq`. Raises sqlite3.Error."""
    connection.execute("DELETE FROM snapshot")
    row = (seq, version(), trials, digest)
    connection.execute("INSERT INTO snapshot VALUES (?, ?, ?, ?)", row)


def end(connection: sqlite3.Connection) -> int:
    """The number of the last event that the tables contain. Raises sqlite3.Error.

    There must be tables.
    """
    [(seq,)] = connection.execute("SELECT coalesce(max(seq), 0) FROM snapshot")
    return int(seq)


def read_snapshot(connection: sqlite3.Connection) -> Snapshot | None:
    """What the tables contain. None where there are none of this version that fit the events.

    Call it in a transaction, together with what is read of trials. Raises sqlite3.Error,
    TablesError.
    """
    row, parts = _rows(connection)
    if row is None or _misfit(connection, row, parts):
        return None
    return Snapshot(row[0], row[2], {name: json.loads(body) for name, body in parts})


def misfit(connection: sqlite3.Connection) -> str:
    """Why tables of this version do not fit the events; empty if they do, or if there are none.

    Raises sqlite3.Error.
    """
    try:
        row, parts = _rows(connection)
    except TablesError as error:
        return str(error)
    return "" if row is None else _misfit(connection, row, parts)


def _rows(connection: sqlite3.Connection) -> tuple[Any, list[tuple[str, str]]]:
    """The row of `snapshot`, None where there is none of this version, and the parts.

    Raises TablesError.
    """
    name = "SELECT name FROM sqlite_schema WHERE name = 'snapshot'"
    if connection.execute(name).fetchone() is None:
        return None, []
    with only_text():
        row = connection.execute("SELECT seq, version, trials, digest FROM snapshot").fetchone()
        if row is None or row[1] != version():
            return None, []
        return row, connection.execute("SELECT name, body FROM parts ORDER BY name").fetchall()


def _misfit(connection: sqlite3.Connection, row: Any, parts: Iterable[tuple[str, str]]) -> str:
    seq, _, trials, digest = row
    [(last, rows)] = connection.execute(
        "SELECT (SELECT coalesce(max(seq), 0) FROM events), "
        "(SELECT coalesce(max(id), -1) + 1 FROM trials)"
    )
    if seq > last:
        return f"they contain event {seq}, and the last is {last}"
    if rows != trials:
        return f"they have {rows} trials in place of {trials}"
    return "" if parts_digest(parts) == digest else "a part of the state is damaged"


def parts_digest(rows: Iterable[tuple[str, str]]) -> str:
    """The digest of the parts, in the order of their names."""
    return digest_of(*(text for row in rows for text in row))

"""The learning curves of some trials, without reading those of the others."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from controller.state import database
from controller.state.journal import Journal
from controller.state.reading import schema
from controller.state.reading.curves import Curves, Reports, TrialCurves

_MANY = 500  # trials from which on it is faster to read all rows
log = logging.getLogger(__name__)


def read(path: Path, trials: Collection[int]) -> Curves:
    """The curves of these trials, up to the newest event of the journal at `path`.

    The cost grows with the number of `trials` and with the events that the tables do not contain.
    The names of metrics are those of all trials. Raises JournalError.
    """
    connection = database.connect(path, readonly=True)
    wanted = set(trials)
    with Journal(connection, path) as journal, journal.snapshot():
        try:
            with database.translate_sqlite_errors(path, "read"), schema.only_text():
                found, seq = _from_tables(connection, trials)
        except ValueError as error:
            log.warning("%s: the events are read in place of the curves: %s", path, error)
            found, seq = Curves(), 0
        for _, event in journal.read(seq):
            if not isinstance(event, Reports):
                continue
            if event.trial in wanted:
                found.add(event)
            else:
                found.names |= dict.fromkeys(TrialCurves().add(event))
    return found


def _from_tables(connection: sqlite3.Connection, trials: Collection[int]) -> tuple[Curves, int]:
    """The curves in the tables, and the number of the last event that these contain.

    The number is 0 where there are no tables of this version that fit the events.
    """
    found = Curves()
    seq = _contained(connection)
    if not seq:
        return found, 0
    for trial, body, digest in _rows(connection, trials):
        found.put(trial, TrialCurves.decode(schema.checked(body, digest)))
    row = connection.execute("SELECT body FROM parts WHERE name = ?", (schema.METRICS,)).fetchone()
    found.names = dict.fromkeys(json.loads(row[0]) if row else ())
    return found, seq


def _contained(connection: sqlite3.Connection) -> int:
    name = "SELECT name FROM sqlite_schema WHERE name = 'snapshot'"
    if connection.execute(name).fetchone() is None:
        return 0
    row = connection.execute(
        "SELECT seq, version, (SELECT coalesce(max(seq), 0) FROM events) FROM snapshot"
    ).fetchone()
    return row[0] if row is not None and row[1] == schema.version() and row[0] <= row[2] else 0


def _rows(
    connection: sqlite3.Connection, trials: Collection[int]
) -> Iterable[tuple[int, str, str]]:
    query = "SELECT trial, body, digest FROM curves"
    if len(trials) > _MANY:
        wanted = set(trials)
        yield from (row for row in connection.execute(query) if row[0] in wanted)
        return
    for trial in trials:
        yield from connection.execute(f"{query} WHERE trial = ?", (trial,))

"""Writes the reading tables while a controller appends to its journal."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Sequence

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.state.reading import schema, trials
from controller.state.reading.curves import Curves, Reports, TrialCurves
from controller.state.reading.plain import plain_state
from controller.state.reading.reader import Restored

EVERY = 2000  # events between two writings, which a reader has to apply at most
_HELD = 1000  # curves in memory, beside those of trials on nodes, before they are written
_UPSERT = "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?)"
_CURVES = "INSERT OR REPLACE INTO curves VALUES (?, ?, ?)"
_encode = json.JSONEncoder(separators=(",", ":")).encode
log = logging.getLogger(__name__)

_Row = tuple[int, str, float | None, bool, str, str]


class Writer:
    """Brings the tables up to an experiment's state, every so many events.

    The experiment has applied all events that the journal holds and is about to hold. `write` is
    called in the transaction that appends the latest of them, and `committed` after its commit.

    Args:
        restored: with the number of the last event that the tables contain. `touched` names the
            trials that later events changed. None, or no such event: they are written anew.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        experiment: Experiment,
        restored: Restored | None,
        *,
        every: int = EVERY,
    ) -> None:
        self._connection = connection
        self._x = experiment
        self._every = every
        self._is_whole = restored is not None and restored.seq > 0  # up to some event
        self._since = 0 if self._is_whole else every  # events since they were written
        self._is_written = False  # in the open transaction
        self._curves = Curves(self._load_curves)
        if restored is not None:
            self._curves.names = dict.fromkeys(restored.metrics)
        self._parts: dict[str, str] = {}  # as they are in the table

    def note(self, events: Sequence[e.Event]) -> None:
        """Take events that are appended, before `write`."""
        self._since += len(events)
        if self._is_whole:
            self._note_reports(events)

    def _note_reports(self, events: Iterable[e.Event]) -> None:
        for event in events:
            if isinstance(event, Reports):
                self._curves.add(event)

    @property
    def is_due(self) -> bool:
        """Whether enough events were appended."""
        return self._since >= self._every

    @property
    def is_behind(self) -> bool:
        """Whether there are events that the tables do not contain."""
        return self._since > 0

    def write(self, seq: int, reports: Iterable[e.Event]) -> None:
        """Bring the tables up to the event `seq`. Raises sqlite3.Error.

        `reports`: those of the journal, in order, for tables that are written anew.
        """
        connection = self._connection
        changed: Iterable[int] = self._x.touched
        if not self._is_whole:
            schema.create(connection)
            self._parts.clear()
            self._rewrite_curves(reports)
            changed = range(len(self._x.trials))
        connection.executemany(_UPSERT, map(self._row, sorted(changed)))
        self._write_curves()
        self._write_parts(seq)
        self._is_written = True

    def committed(self) -> None:
        """The transaction is on the disk."""
        if not self._is_written:
            return
        self._is_written = False
        self._is_whole, self._since = True, 0
        self._x.touched.clear()
        self._curves.changed.clear()
        self._curves.keep({trial for trial, _ in self._x.on_nodes})

    def _row(self, number: int) -> _Row:
        trial = self._x.trials[number]
        body = trials.encode(trial)
        value = None if trial.value is None else float(trial.value)
        digest = schema.digest_of(body)
        return number, str(trial.state), value, trial.candidate, digest, body

    def _write_parts(self, seq: int) -> None:
        parts = {name: _encode(part) for name, part in plain_state(self._x)}
        parts[schema.METRICS] = _encode(list(self._curves.names))
        changed = [(name, body) for name, body in parts.items() if self._parts.get(name) != body]
        self._connection.executemany("INSERT OR REPLACE INTO parts VALUES (?, ?)", changed)
        self._parts = parts
        digest = schema.parts_digest(sorted(parts.items()))
        schema.write_snapshot(self._connection, seq, len(self._x.trials), digest)

    def _write_curves(self) -> None:
        rows = []
        for trial in sorted(self._curves.changed):
            body = self._curves.of(trial).encode()
            rows.append((trial, schema.digest_of(body), body))
        self._connection.executemany(_CURVES, rows)

    def _rewrite_curves(self, reports: Iterable[e.Event]) -> None:
        """Make the curves from events, with few of them in memory at a time."""
        self._curves = Curves(self._load_curves)
        for event in reports:
            self._note_reports([event])
            if len(self._curves.changed) > _HELD:
                self._write_curves()
                self._curves.changed.clear()
                self._curves.keep(())

    def _load_curves(self, trial: int) -> TrialCurves | None:
        query = "SELECT body, digest FROM curves WHERE trial = ?"
        with schema.only_text():
            row = self._connection.execute(query, (trial,)).fetchone()
        return None if row is None else TrialCurves.decode(schema.checked(*row))

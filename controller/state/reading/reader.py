"""Reads an experiment from the reading tables, whole or as far as it is asked for."""

from __future__ import annotations

import contextlib
import gc
import json
import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator, MutableSequence, Sequence
from pathlib import Path
from typing import Any, NamedTuple, overload

from controller.core.experiment import Experiment
from controller.core.model import Rules, State, Trial
from controller.state import database
from controller.state.reading import schema, trials
from controller.state.reading.curves import Curves, TrialCurves
from controller.state.reading.plain import RULES, plain_rules, state_from
from controller.state.reading.schema import Snapshot, TablesError

_MANY = 1000  # trials from which on it is faster to read all of them
_STATES = {str(state): state for state in State}
log = logging.getLogger(__name__)


class Restored(NamedTuple):
    """An experiment as it was after the event `seq`; 0: before the first event."""

    experiment: Experiment
    seq: int = 0
    metrics: Sequence[str] = ()  # the names of all metrics


Replay = Callable[[int], Sequence[Trial]]
"""The trials that the events up to a number lead to. Raises JournalError."""


def restore(
    connection: sqlite3.Connection, rules: Callable[[], Rules], path: Path, replay: Replay | None
) -> Restored:
    """The experiment from the tables; a new one where there are none that fit.

    Call it in a transaction. With `replay`, a trial is read when it is asked for, and `replay` is
    called where its row is damaged. Without it, the tables must have the rules of the experiment
    file, which `rules` returns. `path`: of the journal, for messages. Raises sqlite3.Error.
    """
    try:
        found = schema.read_snapshot(connection)
        if found is None:
            return Restored(Experiment(rules()))
        file_rules = rules() if replay is None else None
        if file_rules is not None and not _is_of(found, file_rules):
            return Restored(Experiment(file_rules))
        metrics = found.parts.pop(schema.METRICS)
        held: MutableSequence[Trial] = StoredTrials(connection, path, found, replay)
        loaded = list(held) if replay is None else held
        x = state_from(file_rules, loaded, found.parts)
        if replay is None:  # for decisions: readers that load late make none
            able = (t for t in loaded if t.state is State.SUCCEEDED and t.inheritable)
            x.standing = dict.fromkeys(trial.id for trial in able)
    except (LookupError, TypeError, ValueError) as error:
        log.warning("the reading tables are ignored, and the events read: %s", error)
        return Restored(Experiment(rules()))
    return Restored(x, found.seq, metrics)


def _is_of(found: Snapshot, rules: Rules) -> bool:
    """Whether the tables were made with these rules."""
    return bool(json.loads(json.dumps(plain_rules(rules))) == found.parts[RULES])


def read_curves(connection: sqlite3.Connection, metrics: Iterable[str]) -> Curves:
    """All curves in the tables. Raises sqlite3.Error, TablesError."""
    curves = Curves()
    curves.names = dict.fromkeys(metrics)
    with schema.only_text():
        for trial, body, digest in connection.execute("SELECT trial, body, digest FROM curves"):
            curves.put(trial, TrialCurves.decode(schema.checked(body, digest)))
    return curves


class Listed(NamedTuple):
    """What a list of trials is chosen by."""

    id: int
    state: State
    value: float | None
    candidate: bool


class StoredTrials(MutableSequence[Trial]):
    """The trials of the tables, each read when it is asked for, and those that were added since.

    A trial that was read stays in memory, and events may change it. Once a controller has written
    the tables again, a trial that is read contains later events than the state does. Within one
    transaction that does not happen.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        snapshot: Snapshot,
        replay: Replay | None = None,
    ) -> None:
        self._connection = connection
        self._path = path
        self._replay = replay
        self._seq = snapshot.seq
        self._count = snapshot.trials
        self._held: dict[int, Trial] = {}
        self._is_whole = False  # whether all of them are in memory

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Trial: ...
    @overload
    def __getitem__(self, at: slice) -> MutableSequence[Trial]: ...
    def __getitem__(self, at: int | slice) -> Trial | MutableSequence[Trial]:
        if isinstance(at, slice):
            return self.load(range(*at.indices(self._count)))
        number = at + self._count if at < 0 else at
        found = self._held.get(number)
        if found is not None:
            return found
        if not 0 <= number < self._count:
            raise IndexError(at)
        return self.load([number])[0]

    def __iter__(self) -> Iterator[Trial]:
        if not self._is_whole:
            self._read("ORDER BY id")
            self._is_whole = True
        yield from self.load(range(self._count))

    def append(self, value: Trial) -> None:
        """Add a trial."""
        self._held[self._count] = value
        self._count += 1

    def load(self, numbers: Iterable[int]) -> list[Trial]:
        """Some of the trials."""
        wanted = list(numbers)
        missing = [number for number in wanted if number not in self._held]
        if len(missing) > _MANY:
            self._read("ORDER BY id")
        else:
            for number in missing:
                self._read("WHERE id = ?", number)
        if any(number not in self._held for number in missing):
            self._replace(TablesError("a trial has no row"))
        return [self._held[number] for number in wanted]

    def load_open(self) -> None:
        """Read the trials without a verdict."""
        states = [state.value for state in State if not state.is_verdict]
        self._read(f"WHERE state IN ({', '.join('?' * len(states))})", *states)

    def listed(self) -> Iterator[Listed]:
        """What is needed to choose some of the trials, in the order of their ids."""
        with database.translate_sqlite_errors(self._path, "read"):
            rows = self._connection.execute("SELECT id, state, value, candidate FROM trials")
            stored = {number: found for number, *found in rows}
        for number in range(self._count):
            if number in self._held or number not in stored:
                held = self[number]
                yield Listed(number, held.state, held.value, held.candidate)
            else:
                state, value, candidate = stored[number]
                yield Listed(number, _STATES[state], value, bool(candidate))

    def _read(self, which: str, *arguments: Any) -> None:
        query = f"SELECT id, body, digest FROM trials {which}"  # noqa: S608 - ours
        try:
            with (
                database.translate_sqlite_errors(self._path, "read"),
                schema.only_text(),
                without_collector(),
            ):
                for number, body, digest in self._connection.execute(query, arguments):
                    if number < self._count and number not in self._held:
                        self._held[number] = trials.decode(schema.checked(body, digest))
        except ValueError as error:
            self._replace(error)

    def _replace(self, error: ValueError) -> None:
        """Take the trials that are not in memory from the events. Raises `error` if it cannot."""
        if self._replay is None:
            raise error
        log.warning("%s: the events are read in place of a trial's row: %s", self._path, error)
        for trial in self._replay(self._seq):
            self._held.setdefault(trial.id, trial)

    def __setitem__(self, at: Any, value: Any) -> None:
        raise TypeError("a trial is not replaced")

    def __delitem__(self, at: Any) -> None:
        raise TypeError("a trial is not removed")

    def insert(self, index: int, value: Trial) -> None:
        """See MutableSequence. Only at the end."""
        if index != self._count:
            raise TypeError("a trial is only added at the end")
        self.append(value)


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Make many objects without the garbage collector.

    It would go through all of them again and again, a third of the time, and find nothing: trials
    have no cycles.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


__all__ = [
    "Listed",
    "Restored",
    "StoredTrials",
    "TablesError",
    "read_curves",
    "restore",
    "without_collector",
]

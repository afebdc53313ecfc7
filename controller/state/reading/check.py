"""Compare what is kept beside the events with what the events lead to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Rules, Trial
from controller.state.reading import schema, trials, tuner_state
from controller.state.reading.curves import Curves, Reports
from controller.state.reading.plain import plain_state

# Heaps hold outdated entries, which a decision removes and a replay does not; what they order is in
# other parts. A front caches its best candidate once it was read.
_NOT_COMPARED = frozenset({"armable", "_heap", "_ready", "_best"})
_PAIRS = frozenset({"dict", "Counter"})


def differences(
    connection: sqlite3.Connection, rules: Rules, events: Iterable[tuple[int, e.Event]]
) -> list[str]:
    """What is different beside the events, a line each.

    Tables of another version are not read, and not compared. Of the tuner's state only
    the digest and the number of its event are checked: its content depends on the tuner.

    Args:
        events: those of the journal, in order, each with its number.

    Call it in a transaction. Raises sqlite3.Error.
    """
    found = []
    if problem := tuner_state.misfit(connection):
        found.append(f"the tuner's state: {problem}")
    if problem := schema.misfit(connection):
        return [*found, f"the reading tables: {problem}"]
    tables = schema.read_snapshot(connection)  # of which `misfit` has read every row
    if tables is None:
        return found
    x, curves = Experiment(rules), Curves()
    for _, event in takewhile(lambda numbered: numbered[0] <= tables.seq, events):
        x.apply(event)
        if isinstance(event, Reports):
            curves.add(event)
    found += _of_state(x, curves, tables.parts)
    try:
        with schema.only_text():
            found += _of_trials(connection, x)
            found += _of_curves(connection, curves)
    except schema.TablesError as error:
        found.append(f"the reading tables: {error}")
    return found


def _of_state(x: Experiment, curves: Curves, parts: dict[str, Any]) -> Iterator[str]:
    expected: dict[str, Any] = {**dict(plain_state(x)), schema.METRICS: list(curves.names)}
    for name in sorted(expected.keys() | parts.keys()):
        if name in _NOT_COMPARED:
            continue
        if name not in parts or name not in expected:
            yield f"the part {name} of the state is {'missing' if name in expected else 'unknown'}"
        elif _comparable(json.loads(json.dumps(expected[name]))) != _comparable(parts[name]):
            yield f"the part {name} of the state differs from the events"


def _of_trials(connection: sqlite3.Connection, x: Experiment) -> Iterator[str]:
    numbers = set(range(len(x.trials)))
    for number, *listed, digest, body in connection.execute(
        "SELECT id, state, value, candidate, digest, body FROM trials ORDER BY id"
    ):
        if number not in numbers:
            yield f"trial {number}: there is no such trial"
            continue
        numbers.discard(number)
        trial = x.trials[number]
        if not _is_row_of(trial, body, digest):
            yield f"trial {number}: its row differs from the events"
        elif listed != [str(trial.state), trial.value, trial.candidate]:
            yield f"trial {number}: a column of its row differs from the events"
    yield from (f"trial {number}: it has no row" for number in sorted(numbers))


def _is_row_of(trial: Trial, body: str, digest: str) -> bool:
    """Whether a row has this trial. A number may be written as 1 or as 1.0."""
    try:
        found = trials.decode(schema.checked(body, digest))
    except ValueError:
        return False
    return found == trial or body == trials.encode(trial)  # NaN is not equal to itself


def _of_curves(connection: sqlite3.Connection, curves: Curves) -> Iterator[str]:
    numbers = set(curves.changed)
    for number, digest, body in connection.execute("SELECT trial, digest, body FROM curves"):
        expected = curves.of(number).encode() if number in numbers else ""
        if (digest, body) != (schema.digest_of(expected), expected):
            yield f"trial {number}: its curves differ from the events"
        numbers.discard(number)
    yield from (f"trial {number}: it has no curves" for number in sorted(numbers))


def _comparable(value: Any) -> Any:
    """A plain value (plain.py) without what is not compared, nor an order that does not count."""
    if isinstance(value, list):
        return [_comparable(each) for each in value]
    if not isinstance(value, dict):
        return value
    [(name, held)] = value.items()
    if name == "set":
        return [name, sorted(_elements(held), key=json.dumps)]
    if name in _PAIRS:
        pairs = zip(*map(_elements, held), strict=True)
        counted = (pair for pair in pairs if name == "dict" or pair[1])
        return [name, sorted(counted, key=lambda pair: json.dumps(pair[0]))]
    if isinstance(held, dict):  # an object, by its fields
        return [
            name,
            {key: _comparable(part) for key, part in held.items() if key not in _NOT_COMPARED},
        ]
    return [name, _comparable(held)]


def _elements(held: Any) -> list[Any]:
    found: list[Any] = _comparable(held["tuples"] if isinstance(held, dict) else held)
    return found

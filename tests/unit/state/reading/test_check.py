"""`verify` names what is kept beside the events and differs from them, and makes it again."""

import sqlite3
from contextlib import closing
from unittest import mock

import pytest

from controller.engine.upkeep import tables
from controller.engine.upkeep.tables import Compared
from controller.state import record as records
from controller.state.journal import Journal
from controller.state.lock import Lock
from controller.state.reading import schema
from controller.state.reading.tuner_state import TunerState
from tests.unit.state.reading.test_tuner_state import SAVED
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path):
    """Two trials, one of which runs, and all that is kept beside their events."""
    search = Search(tmp_path)
    search.report(search.trial({"lr": 0.1}), 0.3, step=1, loss=2.0)
    search.succeed(0, value=0.5)
    search.report(search.trial({"lr": 0.2}, 0), 0.7)
    with Journal.open(search.place.journal) as journal:
        journal.follow(records.load(search.place).experiment)
        journal.settle()
        journal.keep_tuner_state(TunerState(journal.last, SAVED))
    return search


def alter(search, *statements):
    with closing(sqlite3.connect(search.place.journal, isolation_level=None)) as connection:
        connection.create_function("digest_of", -1, schema.digest_of)
        for statement in statements:
            connection.execute(statement)


def test_nothing_differs_after_a_search(search):
    assert tables.compare(search.place) == Compared()


def test_events_after_the_tables_make_no_difference(search):
    search.succeed(1, value=0.9)
    assert tables.compare(search.place) == Compared()


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE trials SET body = '{}' WHERE id = 1", "trial 1: its row differs"),
        ("UPDATE trials SET value = 7 WHERE id = 0", "trial 0: a column of its row differs"),
        ("UPDATE trials SET id = 0 - 1 WHERE id = 0", "trial -1: there is no such trial"),
        ("DELETE FROM trials WHERE id = 0", "trial 0: it has no row"),
        ("UPDATE curves SET body = '[]' WHERE trial = 0", "trial 0: its curves differ"),
        ("DELETE FROM curves WHERE trial = 1", "trial 1: it has no curves"),
        ("UPDATE parts SET body = '7' WHERE name = 'largest'", "a part of the state is damaged"),
        ("UPDATE snapshot SET seq = 1000", "they contain event 1000, and the last is"),
        ("DELETE FROM trials WHERE id = 1", "they have 1 trials in place of 2"),
        ("UPDATE tuner SET body = '{}'", "the tuner's state: it is damaged"),
        ("UPDATE tuner SET body = CAST(x'ff' AS TEXT)", "the tuner's state: it is damaged"),
        ("UPDATE parts SET body = CAST(x'ff' AS TEXT)", "the reading tables: a row of"),
        ("UPDATE trials SET body = CAST(x'ff' AS TEXT)", "the reading tables: a row of"),
        ("UPDATE curves SET body = CAST(x'ff' AS TEXT)", "the reading tables: a row of"),
    ],
)
def test_a_difference_is_named_and_made_again(search, statement, expected):
    alter(search, statement)
    found = tables.compare(search.place)
    assert any(expected in line for line in found.differences), found
    assert found.is_made_again
    assert tables.compare(search.place) == Compared()
    with Journal.open(search.place.journal) as journal:
        assert journal.tuner_state() is None


def test_a_part_with_the_right_digest_and_another_content_is_named(search):
    ordered = "(SELECT name, body FROM parts ORDER BY name)"
    alter(search, "UPDATE parts SET body = '7' WHERE name = 'largest'")
    with closing(sqlite3.connect(search.place.journal, isolation_level=None)) as connection:
        parts = connection.execute(f"SELECT * FROM {ordered}").fetchall()
        connection.execute("UPDATE snapshot SET digest = ?", (schema.parts_digest(parts),))
    [line] = tables.compare(search.place).differences
    assert line == "the part largest of the state differs from the events"


def test_tables_of_another_version_are_not_compared(search):
    alter(search, "UPDATE snapshot SET version = '0.0.1'", "UPDATE trials SET body = '{}'")
    assert tables.compare(search.place) == Compared()


def test_nothing_is_made_again_while_a_controller_runs(search):
    alter(search, "UPDATE trials SET body = '{}' WHERE id = 1")
    with Lock(search.place):
        found = tables.compare(search.place)
    assert found == Compared(["trial 1: its row differs from the events"])
    with Journal.open(search.place.journal, readonly=True) as journal:
        rules = records.read_config(search.place).rules()
        assert journal.differences(rules) == list(found.differences)


def test_numbers_may_be_written_in_two_ways(search):
    """A controller has the number 1 where a replay has 1.0."""
    text = "replace(body, '0.5', '5e-1')"
    alter(search, f"UPDATE trials SET body = {text}, digest = digest_of({text}) WHERE id = 0")
    assert tables.compare(search.place) == Compared()


def test_a_journal_that_cannot_be_made_again_is_said_so(search):
    alter(search, "UPDATE trials SET body = '{}' WHERE id = 1")
    with mock.patch.object(Journal, "settle"):
        assert not tables.compare(search.place).is_made_again

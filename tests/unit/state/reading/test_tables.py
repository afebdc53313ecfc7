"""The reading tables beside the events, and what readers do where there are none that fit."""

import json
import sqlite3
from unittest import mock

import pytest

from controller.core import events as e
from controller.core.model import NodeInfo, Outcome, State
from controller.state import record as records
from controller.state.journal import Journal
from controller.state.reading import schema, trials, writer
from controller.state.reading.curves import Curves
from tests.simulation.core_state import state_of
from tests.unit.views.trials.searches import Search


@pytest.fixture
def search(tmp_path):
    """Two trials that ended, the second a child of the first, and one that runs."""
    search = Search(tmp_path)
    search.succeed(search.trial({"lr": 0.1}), value=0.5)
    child = search.trial({"lr": 0.2}, 0)
    search.report(child, 0.3, step=1, loss=2.0)
    search.succeed(child, value=0.25)
    search.report(search.trial({"lr": 0.3}), 0.7)
    return search


def settle(search):
    """Write the tables, as a controller does."""
    replayed = records.load(search.place).experiment
    with Journal.open(search.place.journal) as journal:
        journal.follow(replayed)
        journal.settle()


def altered(search, statement):
    connection = sqlite3.connect(search.place.journal, isolation_level=None)
    connection.execute(statement)
    connection.close()


def plain(search):
    record = records.load(search.place, curves=True)
    rows = [records.row(record, trial) for trial in record.experiment.trials]
    return rows, record.curves, record.metric_curves, state_of(record.experiment)


def uses_tables(search):
    with Journal.open(search.place.journal, readonly=True) as journal, journal.snapshot():
        return journal.restore(records.read_config(search.place).rules).seq > 0


def test_a_record_from_tables_is_that_of_the_events(search):
    before = plain(search)
    settle(search)
    assert uses_tables(search)
    assert plain(search) == before


def test_events_after_the_tables_are_applied(search):
    settle(search)
    search.succeed(2, value=0.1)
    search.trial({"lr": 0.4}, 2)
    from_tables = plain(search)
    altered(search, "DELETE FROM snapshot")
    assert not uses_tables(search)
    assert plain(search) == from_tables


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE snapshot",
        "UPDATE snapshot SET version = '0.0.1'",
        "UPDATE snapshot SET seq = 1000000",
        "UPDATE snapshot SET trials = 7",
        "DELETE FROM trials WHERE id = 2",
        "DELETE FROM trials WHERE id = 1",
        "DELETE FROM trials",
        "UPDATE parts SET body = '{}' WHERE name = 'counts'",
        "UPDATE trials SET body = '{}' WHERE id = 1",
        "UPDATE trials SET body = replace(body, '0.25', '0.35')",
        "UPDATE curves SET body = '[]'",
        "UPDATE parts SET body = CAST(x'ff' AS TEXT) WHERE name = 'counts'",
        "UPDATE trials SET body = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE trials SET digest = CAST(x'ff' AS TEXT) WHERE id = 1",
        "UPDATE curves SET body = CAST(x'ff' AS TEXT)",
    ],
)
def test_tables_that_do_not_fit_the_events_are_ignored(search, statement):
    before = plain(search)
    settle(search)
    altered(search, statement)
    assert plain(search) == before
    with records.opened(search.place) as record:
        assert [trial.value for trial in record.experiment.trials] == [0.5, 0.25, None]
    with records.opened(search.place) as record:
        assert record.trial(1).value == 0.25
    with records.opened(search.place) as record:
        assert len(list(records.listed(record.experiment.trials))) == 3
    settle(search)
    assert uses_tables(search)


def test_the_version_depends_on_the_code_that_makes_the_tables():
    assert schema.version() == schema.version()
    with mock.patch("pathlib.Path.read_bytes", return_value=b"other"):
        assert schema.version.__wrapped__() != schema.version()


def test_a_trial_is_read_when_it_is_asked_for(search):
    settle(search)
    decode = mock.Mock(side_effect=trials.decode)
    with mock.patch.object(trials, "decode", decode), records.opened(search.place) as record:
        x = record.experiment
        assert (len(x.trials), x.best, x.counts[State.SUCCEEDED]) == (3, 1, 2)
        assert [one.state for one in records.listed(x.trials)] == [*["succeeded"] * 2, "running"]
        assert decode.call_count == 0
        assert record.trial(1).params == {"lr": 0.2}
        assert record.trial(1) is record.trial(1)
        assert decode.call_count == 1
        assert [trial.id for trial in x.trials[1:]] == [1, 2]
        assert decode.call_count == 2


def test_an_open_record_is_of_one_moment(search):
    settle(search)
    with records.opened(search.place) as record:
        search.succeed(2, value=0.9)
        settle(search)
        assert record.trial(2).state is State.RUNNING


def test_a_reader_sees_that_the_tables_are_written_again(search):
    settle(search)
    with Journal.open(search.place.journal, readonly=True) as journal:
        seq = journal.restore(records.read_config(search.place).rules, lazy=True).seq
        assert journal.tables_end() == seq
        search.trial({"lr": 0.4})
        assert journal.tables_end() == seq
        settle(search)
        assert journal.tables_end() > seq


def test_tables_follow_every_so_many_events(search):
    x = records.load(search.place).experiment
    seen = []
    with Journal.open(search.place.journal) as journal:
        journal.follow(x, every=3)
        for at in range(1, 8):
            event = e.ControllerAlive(at=100.0 + at)
            x.apply(event)
            journal.append([event])
            with sqlite3.connect(search.place.journal) as connection:
                [(seq,)] = connection.execute("SELECT seq FROM snapshot").fetchall()
            connection.close()
            seen.append(seq)
    first = seen[0]
    assert seen == [first, first, first, first + 3, first + 3, first + 3, first + 6]


def test_a_controller_goes_on_with_the_tables_of_the_one_before(search):
    settle(search)
    search.report(2, 0.8, step=2)
    with Journal.open(search.place.journal) as journal:
        rules = records.read_config(search.place).rules
        with journal.snapshot():
            restored = journal.restore(rules)
        x = restored.experiment
        for _, event in journal.read(restored.seq):
            x.apply(event)
        journal.follow(x, restored)
        ended = e.Ended(at=9.0, trial=2, number=1, outcome=Outcome.FAILED, reason="r")
        x.apply(ended)
        with mock.patch.object(trials, "encode", side_effect=trials.encode) as encode:
            journal.append([ended])
            journal.settle()
        assert [call.args[0].id for call in encode.mock_calls] == [2]
    assert uses_tables(search)
    from_tables = plain(search)
    altered(search, "DELETE FROM snapshot")
    assert plain(search) == from_tables
    assert from_tables[1][2] == [(0, 0.7), (2, 0.8)]


def test_tables_with_a_damaged_curve_are_written_anew(search, caplog):
    settle(search)
    altered(search, "UPDATE curves SET body = '[]'")
    search.report(2, 0.8, step=2)
    before = plain(search)
    with Journal.open(search.place.journal) as journal:
        with journal.snapshot():
            restored = journal.restore(records.read_config(search.place).rules)
        for _, event in journal.read(restored.seq):
            restored.experiment.apply(event)
        journal.follow(restored.experiment, restored)
        journal.settle()
    assert "the reading tables are written anew" in caplog.text
    caplog.clear()
    assert plain(search) == before
    assert caplog.text == ""


def test_tables_with_other_columns_are_replaced(search):
    before = plain(search)
    settle(search)
    altered(search, "ALTER TABLE trials ADD COLUMN more TEXT")
    altered(search, "UPDATE snapshot SET version = '0.0.1'")
    settle(search)
    assert uses_tables(search)
    assert plain(search) == before


def test_many_curves_are_written_in_parts(search):
    before = plain(search)
    with mock.patch.object(writer, "_HELD", 0):
        settle(search)
    assert plain(search) == before


def test_a_mistake_in_the_tables_does_not_end_a_search(search, caplog):
    x = records.load(search.place).experiment
    event = e.NodesFound(at=200.0, nodes=(NodeInfo("b", 1),))
    with Journal.open(search.place.journal) as journal:
        journal.follow(x)
        x.apply(event)
        with mock.patch.object(trials, "encode", side_effect=TypeError("no")):
            journal.append([event])
        assert "the reading tables are not written any more" in caplog.text
        journal.append([event])
    assert list(records.load(search.place).experiment.placement.nodes) == ["b"]
    assert not uses_tables(search)


def test_a_mistake_in_a_curve_does_not_end_a_search(search, caplog):
    x = records.load(search.place).experiment
    alive = e.ControllerAlive(at=100.0)
    reported = e.Reported(at=101.0, trial=2, number=1, step=1, value=1)
    with Journal.open(search.place.journal) as journal:
        journal.follow(x)
        journal.append([alive])  # writes the tables
        with mock.patch.object(Curves, "add", side_effect=TypeError("no")):
            journal.append([reported])
        assert "the reading tables are not written any more" in caplog.text
        journal.append([alive])
        assert [event for _, event in journal.read()][-3:] == [alive, reported, alive]


def test_rows_are_ascii_json(search):
    search.end(2, 0.5, text="kn\udcf6del")
    settle(search)
    connection = sqlite3.connect(search.place.journal)
    for table in ("parts", "trials", "curves"):
        for (body,) in connection.execute(f"SELECT body FROM {table}"):
            assert body.isascii()
            json.loads(body)
    connection.close()

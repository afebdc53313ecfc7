"""The tuner's state in the journal's database."""

import sqlite3
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from controller.core import events as e
from controller.state.journal import Journal
from controller.state.reading import tuner_state
from controller.state.reading.tuner_state import TunerState
from heirloom.tuners.process.protocol import SavedState

SAVED: SavedState = {
    "tuner": "t",
    "state": {"text": "kn\udcf6del"},
    "assessor": None,
    "reason": "",
    "code": "",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of three events with the state after the second."""
    path = tmp_path / "journal.db"
    with Journal.create(path) as journal:
        assert (journal.last, journal.tuner_state()) == (0, None)
        journal.append([e.ControllerAlive(at=at) for at in (1.0, 2.0, 3.0)])
        journal.keep_tuner_state(TunerState(1, SAVED))
        journal.keep_tuner_state(TunerState(2, SAVED))
    return path


def read(path: Path) -> TunerState | None:
    with Journal.open(path) as journal:
        assert journal.last == 3
        return journal.tuner_state()


def test_the_latest_state_is_read(path: Path) -> None:
    assert read(path) == TunerState(2, SAVED)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE tuner SET version = '0.0.1'",
        "UPDATE tuner SET seq = 1",
        "UPDATE tuner SET body = replace(body, 'del', 'DEL')",
        "UPDATE tuner SET body = CAST(x'ff' AS TEXT)",
        "DELETE FROM tuner",
        "DELETE FROM events WHERE seq > 1",
        "DROP TABLE tuner",
    ],
)
def test_a_state_that_does_not_fit_is_ignored(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)
    with Journal.open(path) as journal:
        assert journal.tuner_state() is None
        journal.keep_tuner_state(TunerState(1, SAVED))
        assert journal.tuner_state() == TunerState(1, SAVED)


def test_the_version_depends_on_the_code_of_the_tuners() -> None:
    with mock.patch("pathlib.Path.read_bytes", return_value=b"other"):
        assert tuner_state.version.__wrapped__() != tuner_state.version()


def test_a_state_that_cannot_be_written_changes_nothing(path: Path, caplog) -> None:
    with Journal.open(path) as journal:
        full = mock.Mock(side_effect=sqlite3.OperationalError("database or disk is full"))
        with mock.patch.object(tuner_state, "_digest", full):
            journal.keep_tuner_state(TunerState(3, SAVED))
        assert "database or disk is full" in caplog.text
        journal.append([e.ControllerAlive(at=4.0)])
        assert journal.tuner_state() == TunerState(2, SAVED)

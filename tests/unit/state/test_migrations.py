"""Journals of earlier formats: migrated by the lock's holder, translated by readers."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from controller.core import events as e
from controller.state.journal import Journal, JournalError, NewerJournalError
from controller.state.migrations import FORMAT, upgrade
from tests.golden.golden import FORMATS, Golden, rows

ROOT = Path(__file__).parents[3]
OLD = [name for name in FORMATS if name != f"format-{FORMAT}"]


@pytest.fixture(params=OLD)
def golden(request, tmp_path):
    return Golden(request.param, tmp_path / "golden")


def format_1(path, *bodies):
    """A journal as the first version made it, with these rows."""
    with Journal.create(path):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE versions")
        connection.execute("PRAGMA user_version=1")
        connection.executemany(
            "INSERT INTO events (kind, body) VALUES (?, ?)",
            [(kind, json.dumps(body)) for kind, body in bodies],
        )


def events(path, *, readonly):
    with Journal.open(path, readonly=readonly) as journal:
        return list(journal.read())


def test_there_is_a_golden_journal_of_every_earlier_format():
    assert {f"format-{number}" for number in range(1, FORMAT)} == set(OLD)


def test_a_parameter_id_becomes_a_token():
    body = {"at": 1.0, "parameter_id": 4, "reason": "late"}
    assert upgrade("proposal-given-up", body, 1) == (
        "proposal-given-up",
        {"at": 1.0, "token": 4, "reason": "late"},
    )
    assert upgrade("proposed", {"params": {"parameter_id": 3}}, 1) == (
        "proposed",
        {"params": {"parameter_id": 3}},
    )
    assert upgrade("told", {"parameter_id": 4}, 1) == ("told", {"parameter_id": 4})


def test_a_reader_translates_and_changes_nothing(golden):
    for name in ("evolution", "family", "nni", "skipped"):
        journal = golden.journal(name)
        before = journal.read_bytes()
        found = events(journal, readonly=True)
        assert len(found) == len(rows(journal)) - 1
        assert journal.read_bytes() == before
        assert not list(journal.parent.glob("journal.db.format-*"))
    tokens = [
        ev.token
        for _, ev in events(golden.journal("nni"), readonly=True)
        if isinstance(ev, e.Proposed | e.ProposalGivenUp)
    ]
    assert tokens == [0, 1, 3, 2, 4, 5]


def test_a_writer_migrates_and_keeps_a_copy(golden):
    for name in ("evolution", "family", "nni", "skipped"):
        journal = golden.journal(name)
        before, translated = rows(journal), events(journal, readonly=True)
        assert events(journal, readonly=False) == translated
        assert rows(journal)[0] == (FORMAT,)
        [copy] = journal.parent.glob("journal.db.format-*")
        assert copy.name == f"journal.db.format-{before[0][0]}"
        assert copy.stat().st_mode & 0o777 == 0o600
        assert rows(copy) == before
        assert events(journal, readonly=True) == translated
        kept = copy.stat().st_mtime_ns
        events(journal, readonly=False)
        assert copy.stat().st_mtime_ns == kept  # migrated once


def test_migrated_rows_are_as_a_new_journal_has_them(golden, tmp_path):
    journal = golden.journal("nni")
    with Journal.open(journal) as migrated, Journal.create(tmp_path / "new.db") as new:
        new.append([event for _, event in migrated.read()])
    plain = [
        [(kind, json.loads(body)) for _, kind, body in rows(path)[1:]]
        for path in (journal, tmp_path / "new.db")
    ]
    assert plain[0] == plain[1]


def test_a_reader_sees_one_format_while_the_journal_is_migrated(tmp_path):
    path = tmp_path / "journal.db"
    body = {"at": 1.0, "trial": 0, "params": {}, "parameter_id": 5}
    format_1(path, *[("proposed", body)] * 3000)  # more than a reader fetches at once
    with Journal.open(path, readonly=True) as reader:
        found = reader.read()
        first = next(found)
        with Journal.open(path):
            pass
        assert {event.token for _, event in [first, *found]} == {5}
        assert {event.token for _, event in reader.read()} == {5}


def test_a_journal_of_many_rows_is_migrated_whole(tmp_path):
    path = tmp_path / "journal.db"
    bodies = [
        ("proposed", {"at": 1.0, "trial": n, "params": {}, "parameter_id": n}) for n in range(2500)
    ]
    format_1(path, *bodies)
    assert [event.token for _, event in events(path, readonly=False)] == list(range(2500))


def test_a_damaged_row_stops_the_migration(tmp_path):
    path = tmp_path / "journal.db"
    body = {"at": 1.0, "trial": 0, "params": {}, "parameter_id": 5}
    format_1(path, ("proposed", body), ("proposed", []))
    before = rows(path)
    with pytest.raises(JournalError, match=r"damaged: event 2 \(proposed\): not a JSON object"):
        events(path, readonly=False)
    assert rows(path) == before


def test_a_copy_that_cannot_be_written_stops_the_migration(tmp_path):
    path = tmp_path / "journal.db"
    format_1(path)
    (tmp_path / "journal.db.format-1").mkdir()
    with pytest.raises(JournalError, match=f"cannot be migrated to format {FORMAT}: no copy of it"):
        events(path, readonly=False)
    assert rows(path) == [(1,)]


@pytest.mark.parametrize("readonly", [True, False])
def test_a_journal_of_the_future_names_the_version_that_wrote_it(tmp_path, readonly):
    path = tmp_path / "journal.db"
    with Journal.create(path):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"PRAGMA user_version={FORMAT + 1}")
        connection.execute(f"INSERT INTO versions VALUES ({FORMAT + 1}, '9.8.7', 2.0)")
    before = path.read_bytes()
    with pytest.raises(
        NewerJournalError,
        match=rf"has format {FORMAT + 1}, written by Heirloom 9\.8\.7, .* reads formats up to "
        rf"{FORMAT}: use the version that wrote it",
    ):
        Journal.open(path, readonly=readonly)
    assert path.read_bytes() == before


def test_a_format_that_never_was_is_damage(tmp_path):
    path = tmp_path / "journal.db"
    format_1(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version=0")
    with pytest.raises(JournalError, match="the journal is damaged: its format is 0"):
        Journal.open(path)


# The child ends itself by SIGKILL at its nth call of a C function (execute, backup, fsync, rename,
# …), so every step of the migration is the last one once.
KILLS = """
import os, shutil, signal, sys
from pathlib import Path

from controller.core import events as e
from controller.state.journal import Journal

source, directory = Path(sys.argv[1]), Path(sys.argv[2])


def killed(path, last):
    calls = 0

    def count(frame, event, argument):
        nonlocal calls
        calls += event == "c_call"
        if calls == last:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:
        sys.setprofile(count)
        with Journal.open(path):
            sys.setprofile(None)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


last, goes_on = 0, True
while goes_on:
    last += 1
    path = directory / str(last) / "journal.db"
    path.parent.mkdir()
    shutil.copyfile(source, path)
    goes_on = killed(path, last)
print(last)
"""


def test_a_migration_that_is_killed_anywhere_harms_nothing(golden, tmp_path):
    journal = golden.journal("nni")
    before, expected = rows(journal), events(journal, readonly=True)
    directory = tmp_path / "killed"
    directory.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(journal), str(directory)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    formats, copies = set(), 0
    for path in directory.glob("*/journal.db"):
        assert events(path, readonly=True) == expected
        formats.add(rows(path)[0])
        copy = path.with_name(f"journal.db.format-{before[0][0]}")
        if rows(path)[0] == (FORMAT,):
            assert copy.exists()
        if copy.exists():
            copies += 1
            assert rows(copy) == before
        assert events(path, readonly=False) == expected
        assert rows(path)[0] == (FORMAT,)
        assert rows(copy) == before
    assert len(formats) == 2
    assert 10 < copies < int(done.stdout)

"""The journal: an acknowledged append is durable, and damage is reported."""

import dataclasses
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import typing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core import events as e
from controller.core.model import NodeInfo, Outcome
from controller.state.journal import FORMAT, Journal, JournalError

ROOT = Path(__file__).parents[3]

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
METRICS = st.dictionaries(st.text(), st.none() | st.floats(allow_nan=False), max_size=3)
FIELDS = {
    "at": st.floats(0, 1e10),
    "wait": st.floats(0, 1e10),
    "started_at": st.none() | st.floats(0, 1e10),
    "duration": st.none() | st.floats(0, 1e10),
    "cpu_seconds": st.none() | st.floats(0, 1e10),
    "gpus": st.none() | st.floats(0, 64),
    "value": PLAIN,
    "values": st.lists(PLAIN, max_size=3).map(tuple),
    "result": PLAIN,
    "candidates": st.lists(st.dictionaries(st.text(), PLAIN, max_size=3), max_size=3).map(tuple),
    "params": st.dictionaries(st.text(), PLAIN, max_size=3),
    "costs": st.none() | st.dictionaries(st.text(), PLAIN, max_size=3),
}
st.register_type_strategy(
    e.LastTrial, st.builds(e.LastTrial, FIELDS["params"], st.lists(st.integers(0)).map(tuple))
)


@st.composite
def events(draw):
    """Any event, of every kind; text with lone surrogates too."""
    kind = draw(st.sampled_from(typing.get_args(e.Event)))
    hints = typing.get_type_hints(kind)
    fields = {}
    for field in dataclasses.fields(kind):
        if field.name == "kind":
            continue
        strategy = FIELDS.get(field.name, st.from_type(hints[field.name]))
        if kind in (e.VerdictSeen, e.Imported) and field.name == "value":
            strategy = st.none() | st.floats(allow_nan=False)
        if kind in (e.VerdictSeen, e.Imported) and field.name == "values":
            strategy = st.none() | st.dictionaries(st.text(), st.floats(allow_nan=False))
        if hints[field.name] is str:
            strategy = st.text(st.characters(codec=None))
        if kind is e.Reported and field.name == "metrics":
            strategy = st.none() | METRICS
        if kind is e.ReportedMany and field.name == "metrics":
            strategy = st.none() | st.lists(st.none() | METRICS, max_size=3).map(tuple)
        if field.name == "seconds":
            strategy = st.none() | st.dictionaries(st.text(), st.floats(0, 1e9), max_size=3)
        if field.default is not dataclasses.MISSING and draw(st.booleans()):
            continue
        fields[field.name] = draw(strategy)
    return kind(**fields)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def result_sent(number):
    return e.ResultSent(at=1.0, trial=number)


def read(path, after=0):
    with Journal.open(path, readonly=True) as journal:
        return [event for _, event in journal.read(after)]


def write(path, *events):
    with Journal.create(path) as journal:
        journal.append(events)


@given(st.lists(events(), min_size=1, max_size=5))
def test_every_event_comes_back_as_it_was(written):
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal.db"
        write(path, *written)
        assert read(path) == written


@pytest.mark.parametrize("kind", typing.get_args(e.Event))
def test_each_kind_has_one_event_class(kind):
    kinds = [other.__dataclass_fields__["kind"].default for other in typing.get_args(e.Event)]
    assert kinds.count(kind.__dataclass_fields__["kind"].default) == 1


def test_unusual_numbers_come_back(path):
    values = [math.inf, -math.inf, 10**40, -0.0, 1e308]
    reports = [e.Reported(at=1.0, trial=0, number=1, step=0, value=value) for value in values]
    nan = e.Reported(at=1.0, trial=0, number=1, step=0, value=math.nan)
    write(path, *reports, nan)
    back = read(path)
    assert back[:-1] == reports
    assert math.isnan(back[-1].value)


def test_events_are_numbered_and_read_from_any_number(path):
    write(path, *map(result_sent, range(5)))
    with Journal.open(path) as journal:
        journal.append([result_sent(5)])
        assert list(journal.read(3)) == [
            (4, result_sent(3)),
            (5, result_sent(4)),
            (6, result_sent(5)),
        ]
        assert list(journal.read(6)) == []


def test_an_empty_append_appends_nothing(path):
    write(path)
    assert read(path) == []


def test_an_append_is_atomic(path):
    with Journal.create(path) as journal:
        journal.append([result_sent(0)])
        journal._connection.execute(
            "CREATE TRIGGER full AFTER INSERT ON events WHEN NEW.seq = 4 "
            "BEGIN SELECT RAISE(FAIL, 'disk I/O error'); END"
        )
        with pytest.raises(JournalError, match="cannot be written: disk I/O error"):
            journal.append([result_sent(1), result_sent(2), result_sent(3)])
        assert [event for _, event in journal.read()] == [result_sent(0)]
        journal._connection.execute("DROP TRIGGER full")
        journal.append([result_sent(1)])
    assert read(path) == [result_sent(0), result_sent(1)]


def test_a_full_disk_is_reported_and_loses_nothing(path):
    with Journal.create(path) as journal:
        journal.append([result_sent(0)])
        pages = journal._connection.execute("PRAGMA page_count").fetchone()[0]
        journal._connection.execute(f"PRAGMA max_page_count={pages + 1}")
        with pytest.raises(JournalError, match=r"journal\.db: .*cannot be written: .*full"):
            journal.append(list(map(result_sent, range(10_000))))
        journal.append([result_sent(1)])
    assert read(path) == [result_sent(0), result_sent(1)]


def test_a_file_size_limit_is_reported(path):
    write(path, result_sent(0))
    script = """
import resource, signal, sys
from pathlib import Path
from controller.core.events import ResultSent
from controller.state.journal import Journal, JournalError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
with Journal.open(Path(sys.argv[1])) as journal:
    written = 0
    try:
        while True:
            journal.append([ResultSent(at=1.0, trial=written)])
            written += 1
    except JournalError as error:
        print(written, error, sep="|")
"""
    done = run(script, path)
    written, message = done.stdout.split("|")
    assert "cannot be written" in message
    assert read(path) == [result_sent(0), *map(result_sent, range(int(written)))]


def run(script, *arguments, **more):
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        check=True,
        text=True,
        capture_output=True,
        **more,
    )


def test_another_process_reads_while_the_controller_writes(path):
    script = """
import sys
from pathlib import Path
from controller.state.journal import Journal
for line in sys.stdin:
    with Journal.open(Path(sys.argv[1]), readonly=True) as journal:
        print(sum(1 for _ in journal.read()), flush=True)
"""
    with (
        Journal.create(path) as journal,
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            cwd=ROOT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as reader,
    ):
        for number in range(10):
            journal.append([result_sent(number)])
            reader.stdin.write("look\n")
            reader.stdin.flush()
            assert int(reader.stdout.readline()) == number + 1
        reader.stdin.close()


def test_a_reader_does_not_block_the_writer(path):
    write(path, *map(result_sent, range(3000)))
    with Journal.open(path) as journal, Journal.open(path, readonly=True) as other:
        reading = other.read()
        assert next(reading) == (1, result_sent(0))
        journal.append([result_sent(3000)])
        assert len(list(reading)) == 2999  # as it stood when the reading began
        assert len(list(other.read())) == 3001


WRITER = """
import sys
from pathlib import Path
from controller.core.events import ResultSent
from controller.state.journal import Journal
with Journal.open(Path(sys.argv[1])) as journal:
    number = sum(1 for _ in journal.read())
    while True:
        journal.append([ResultSent(at=1.0, trial=number + i) for i in range(3)])
        number += 3
        print(number, flush=True)
"""


def test_acknowledged_events_survive_a_kill(path):
    write(path)
    for kill in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE
        ) as writer:
            acknowledged = [int(writer.stdout.readline()) for _ in range(1 + 5 * kill)]
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged += map(int, writer.stdout.read().split(b"\n")[:-1])
        there = read(path)
        assert len(there) >= acknowledged[-1]
        assert len(there) % 3 == 0  # and no append by halves
        assert there == list(map(result_sent, range(len(there))))


# What is refused


def test_a_missing_journal(path):
    with pytest.raises(JournalError, match=r"journal\.db: there is no journal"):
        Journal.open(path)


def test_an_existing_journal_is_not_created_again(path):
    write(path)
    with pytest.raises(JournalError, match="there is a journal already"):
        Journal.create(path)


def test_a_journal_that_cannot_be_created(tmp_path):
    with pytest.raises(JournalError, match="cannot be made: unable to open"):
        Journal.create(tmp_path / "nowhere" / "journal.db")


def test_a_database_of_another_program(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (seq, kind, body)")
    connection.close()
    with pytest.raises(JournalError, match="this is not a journal of Heirloom"):
        Journal.open(path)


def altered(path, statement):
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.close()


def test_a_newer_format(path):
    write(path)
    altered(path, f"PRAGMA user_version={FORMAT + 1}")
    with pytest.raises(JournalError, match=f"has format {FORMAT + 1}.*use the version that wrote"):
        Journal.open(path)


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize("content", [b"", b"not a database, but long enough for a header" * 9])
def test_a_file_that_is_no_journal(path, content, readonly):
    path.write_bytes(content)
    with pytest.raises(
        JournalError, match=r"journal\.db: (this is not a journal|the journal is damaged)"
    ):
        Journal.open(path, readonly=readonly)


@pytest.mark.parametrize("readonly", [True, False])
@pytest.mark.parametrize("how", ["cut", "overwritten"])
def test_a_damaged_file(path, how, readonly):
    write(path, *map(result_sent, range(5000)))
    whole = path.read_bytes()
    half = len(whole) // 2
    path.write_bytes(whole[:half] if how == "cut" else whole[:half] + bytes(half))
    with (
        pytest.raises(JournalError, match=r"journal\.db: the journal (is damaged|cannot be read)"),
        Journal.open(path, readonly=readonly) as journal,
    ):
        list(journal.read())


def test_a_torn_log_loses_only_unacknowledged_events(path):
    with Journal.create(path) as journal:
        journal.append([result_sent(0)])
        before = len(Path(f"{path}-wal").read_bytes())
        journal.append([result_sent(1)])
        log = Path(f"{path}-wal").read_bytes()
        copy = path.with_name("copy.db")
        copy.write_bytes(path.read_bytes())
        Path(f"{copy}-wal").write_bytes(log[: (before + len(log)) // 2])
    assert read(copy) == [result_sent(0)]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE events SET body = '{' WHERE seq = 2", r"damaged: event 2 \(told\): Expecting"),
        ("UPDATE events SET body = '[]' WHERE seq = 2", r"damaged: event 2 \(told\)"),
        (
            """UPDATE events SET body = '{"at": 1, "trial": "x"}' WHERE seq = 2""",
            r"damaged: event 2 \(told\): trial: Input should be a valid integer",
        ),
        ("UPDATE events SET body = x'ff00' WHERE seq = 2", r"damaged: event 2 \(told\)"),
        ("UPDATE events SET kind = 'sung' WHERE seq = 2", "event 2 is of an unknown kind, 'sung'"),
        ("DROP TABLE events", "cannot be read: no such table"),
    ],
)
def test_a_damaged_event(path, statement, message):
    write(path, result_sent(0), result_sent(1), result_sent(2))
    altered(path, statement)
    with pytest.raises(JournalError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value)


def test_bodies_are_ascii_json(path):
    write(
        path,
        e.NodesFound(at=1.0, nodes=(NodeInfo("knö\ud800del", 2),)),
        e.Ended(at=1.0, trial=0, number=1, outcome=Outcome.LOST),
    )
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT kind, body FROM events").fetchall()
    connection.close()
    assert all(body.isascii() for _, body in rows)
    assert json.loads(rows[1][1]) == {"at": 1.0, "trial": 0, "number": 1, "outcome": "lost"}

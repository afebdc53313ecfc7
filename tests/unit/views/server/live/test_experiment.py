"""The documents of one experiment under odd conditions."""

import asyncio
import dataclasses
import itertools
import json
import shutil
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from controller.core import events as e
from controller.state.errors import HomeError
from controller.state.experiment_dir import ExperimentDir
from controller.state.home import Home
from controller.state.journal import Journal, NewerJournalError
from controller.state.lock import Lock
from controller.state.reading import chosen
from controller.views.page.documents import DOCUMENTS
from controller.views.page.documents.state import summary
from controller.views.page.encode import encode
from controller.views.server.live import experiment
from controller.views.server.live import experiments as experiments_module
from controller.views.server.live.experiment import LiveExperiment
from controller.views.server.live.experiments import Change, Experiments
from controller.views.server.live.followed import GoneError
from controller.views.server.live.pace import Pace
from controller.views.server.live.threads import LateError, StoreThreads
from heirloom.store.files import RealFiles
from tests.golden.golden import FORMATS, Golden
from tests.unit.views.trials.searches import Search


def with_live(place: ExperimentDir, check: Callable[[LiveExperiment], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        live = LiveExperiment(place, StoreThreads(deadline=0.1), Pace())
        try:
            await check(live)
        finally:
            live.close()

    asyncio.run(all_of_it())


def test_many_readers_share_a_document(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def counted(*args: Any, **more: Any) -> Any:
        made.append(args)
        return whole(*args, **more)

    whole = summary.document
    monkeypatch.setattr(summary, "document", counted)

    async def check(live: LiveExperiment) -> None:
        found = await asyncio.gather(*(live.document("summary", {}) for _ in range(50)))
        assert len(made) == 1
        assert all(each is found[0] for each in found)

    with_live(search.place, check)


def test_a_document_that_takes_long_is_made_less_often(
    search: Search, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reminded: list[float] = []

    async def all_of_it() -> None:
        pace = Pace()
        monkeypatch.setattr(pace, "interval", lambda took: 30.0)
        live = LiveExperiment(search.place, StoreThreads(), pace, reminded.append)
        first = await live.document("running", {})
        search.end(1, 0.25)
        clock.now += 10
        assert await live.document("running", {}) is first
        [again] = reminded
        clock.now += 25
        assert 0 < again - time.monotonic() <= 30
        assert (await live.document("running", {})).body != first.body
        live.close()

    asyncio.run(all_of_it())


def test_the_time_to_prepare_a_document_counts(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count()  # one while a document is prepared, one while it is made
    fake = SimpleNamespace(monotonic=time.monotonic, thread_time=lambda: next(ticks))
    monkeypatch.setattr(experiment, "time", fake)
    took: list[float] = []

    async def all_of_it() -> None:
        pace = Pace()
        monkeypatch.setattr(pace, "interval", lambda seconds: took.append(seconds) or 0.0)
        live = LiveExperiment(search.place, StoreThreads(), pace)
        await live.document("running", {})
        search.end(1, 0.25)
        live._looked_at = 0.0
        await live.document("running", {})
        live.close()

    asyncio.run(all_of_it())
    assert took == [2]


def test_the_curves_of_all_trials_are_read_together(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = []
    read = chosen.read

    def counted(path: Path, trials: Any) -> Any:
        readings.append(set(trials))
        return read(path, trials)

    monkeypatch.setattr(chosen, "read", counted)

    async def check(live: LiveExperiment) -> None:
        found = json.loads((await live.document("curves", {})).body)
        assert [each["name"] for each in found["figures"]] == ["value", "loss"]

    with_live(search.place, check)
    assert readings == [set(), {0, 1, 2}]  # the names of metrics, and the curves


def test_a_store_that_hangs_delays_nothing_else(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = threading.Event()
    calls = []

    def room(files: RealFiles, path: str) -> int:
        calls.append(path)
        answers.wait()
        return 7

    monkeypatch.setattr(RealFiles, "room", room)
    known = dataclasses.replace(DOCUMENTS["summary"], lasts=0.0)
    monkeypatch.setitem(DOCUMENTS, "summary", known)

    async def check(live: LiveExperiment) -> None:
        for _ in range(3):
            late = await live.document("summary", {})
            assert b"the store has not answered for" in late.body
            assert b'"free":null' in late.body
        assert await live.document("running", {})
        assert len(calls) == 1
        answers.set()
        while b'"free":7' not in (await live.document("summary", {})).body:
            live._kept.clear()

    with_live(search.place, check)


def test_one_that_is_removed_is_gone(search: Search) -> None:
    home = Home(search.place.path.parent.parent)

    async def all_of_it() -> None:
        experiments = Experiments(home)
        await experiments.document("cnn", "summary", {})
        shutil.rmtree(search.place.path)
        live = await experiments.find("cnn")
        live._looked_at = 0.0
        with pytest.raises(GoneError, match="cnn was removed"):
            await live.document("summary", {})
        with pytest.raises(HomeError, match="no experiment named 'cnn'"):
            await experiments.document("cnn", "summary", {})
        experiments.close()

    asyncio.run(all_of_it())


def test_another_one_of_the_same_name_is_opened_anew(search: Search, tmp_path: Path) -> None:
    home = Home(search.place.path.parent.parent)
    other = Search(tmp_path)

    async def all_of_it() -> None:
        experiments = Experiments(home)
        first = await experiments.document("cnn", "summary", {})
        shutil.rmtree(search.place.path)
        shutil.copytree(other.place.path, search.place.path)
        (await experiments.find("cnn"))._looked_at = 0.0
        second = await experiments.document("cnn", "summary", {})
        assert (b'"trials":3' in first.body, b'"trials":0' in second.body) == (True, True)
        experiments.close()

    asyncio.run(all_of_it())


def test_a_controller_that_comes_is_seen(search: Search, clock: Any) -> None:
    async def check(live: LiveExperiment) -> None:
        assert b'"state":"interrupted"' in (await live.document("summary", {})).body
        with Lock(search.place):
            clock.now += 2
            assert b'"state":"running"' in (await live.document("summary", {})).body
        clock.now += 4
        assert b'"state":"interrupted"' in (await live.document("summary", {})).body

    with_live(search.place, check)


@pytest.mark.parametrize("found", FORMATS)
def test_a_journal_of_an_older_version_is_read_and_migrated_under_its_readers(
    found: str, tmp_path: Path, clock: Any
) -> None:
    golden = Golden(found, tmp_path)
    place = ExperimentDir(golden.journal("family").parent)

    async def check(live: LiveExperiment) -> None:
        before = await live.document("trials", {})
        last_at = await live.run(lambda source: source.record.experiment.last_at)
        with Journal.open(place.journal) as journal:  # as the next controller does
            journal.append([e.ControllerAlive(at=last_at)])
        clock.now += 100
        after = await live.document("trials", {})
        assert after.body == before.body
        assert (await live.look()).sequence > 1

    with_live(place, check)


def test_a_journal_of_a_newer_version_is_explained(search: Search) -> None:
    with closing(sqlite3.connect(search.place.journal)) as connection:
        connection.execute("PRAGMA user_version = 999")

    async def check(live: LiveExperiment) -> None:
        with pytest.raises(NewerJournalError, match="use the version that wrote it"):
            await live.document("summary", {})

    with_live(search.place, check)


def test_an_answer_that_takes_too_long_comes_later(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiment, "_DEADLINE", 0.05)
    goes_on = threading.Event()

    def slow(*args: Any, **more: Any) -> Any:
        goes_on.wait()
        return {"made": "at last"}

    monkeypatch.setattr(summary, "document", slow)

    async def check(live: LiveExperiment) -> None:
        await live._look()
        with pytest.raises(LateError, match="takes longer than"):
            await live.document("summary", {})
        goes_on.set()
        monkeypatch.setattr(experiment, "_DEADLINE", 30)
        assert (await live.document("summary", {})).body == encode({"made": "at last"}).encode()

    with_live(search.place, check)


def test_a_closed_experiment_answers_at_once(search: Search) -> None:
    async def check(live: LiveExperiment) -> None:
        live.close()
        with pytest.raises(LateError, match="closed"):
            await live.document("summary", {})

    with_live(search.place, check)


def test_few_experiments_are_open_at_once(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments_module, "_OPEN", 2)
    for number in range(4):
        shutil.copytree(search.place.path, search.place.path.with_name(f"cnn-{number}"))

    async def all_of_it() -> None:
        experiments = Experiments(Home(search.place.path.parent.parent))
        for number in range(4):
            assert await experiments.document(f"cnn-{number}", "summary", {})
        assert list(experiments._live) == ["cnn-2", "cnn-3"]
        assert len(json.loads((await experiments.overview()).body)) == 5
        assert list(experiments._live) == ["cnn-3"]
        experiments.close()

    asyncio.run(all_of_it())


def test_a_row_that_was_late_is_read_again(
    search: Search, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deadline = experiment._DEADLINE
    monkeypatch.setattr(experiment, "_DEADLINE", 0.0)

    async def all_of_it() -> None:
        experiments = Experiments(Home(search.place.path.parent.parent))
        await experiments.changes()
        [row] = json.loads((await experiments.overview()).body)
        assert row == {"name": "cnn", "state": "unread"}
        monkeypatch.setattr(experiment, "_DEADLINE", deadline)
        assert await experiments.changes() == []
        clock.now += 3
        [change] = await experiments.changes()
        assert change.state == "interrupted"
        [row] = json.loads((await experiments.overview()).body)
        assert row["state"] == "interrupted"
        experiments.close()

    asyncio.run(all_of_it())


def test_rows_that_take_long_come_later(
    search: Search, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments_module, "_OVERVIEW", -1.0)

    async def all_of_it() -> None:
        experiments = Experiments(Home(search.place.path.parent.parent))
        await experiments.changes()
        [row] = json.loads((await experiments.overview()).body)
        assert row == {"name": "cnn", "state": "unread"}
        monkeypatch.setattr(experiments_module, "_OVERVIEW", 5.0)
        assert await experiments.changes() == [Change("cnn", None, "unread")]
        [row] = json.loads((await experiments.overview()).body)
        assert row["state"] == "interrupted"
        assert await experiments.changes() == []
        experiments.close()

    asyncio.run(all_of_it())

"""Which changes a browser hears of."""

import asyncio
import contextlib
import shutil
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from controller.core import events as e
from controller.views.server import events
from controller.views.server.events import Hub, Reader
from controller.views.server.live.experiments import Change, Experiments
from tests.unit.views.server.pages import Site
from tests.unit.views.trials.searches import Search

Check = Callable[[Experiments], Awaitable[None]]


def run(search: Search, check: Check) -> None:
    async def all_of_it() -> None:
        experiments = Experiments(Site(search).home)
        try:
            await check(experiments)
        finally:
            experiments.close()

    asyncio.run(all_of_it())


def test_a_change_is_told_once(search: Search) -> None:
    async def check(experiments: Experiments) -> None:
        assert await experiments.changes() == []
        search.end(1, 0.25)
        [change] = await experiments.changes()
        assert (change.name, change.state) == ("cnn", "interrupted")
        assert await experiments.changes() == []
        search.happen(e.Closed(at=99.0, reason="done"))
        [change] = await experiments.changes()
        assert change.state == "finished"

    run(search, check)


def test_a_change_that_a_document_did_not_contain_is_told_again(search: Search, clock) -> None:
    async def check(experiments: Experiments) -> None:
        await experiments.changes()
        first = await experiments.document("cnn", "summary", {})
        search.happen(e.Closed(at=99.0, reason="done"))
        told = await experiments.changes()
        assert await experiments.document("cnn", "summary", {}) is first  # a second is not over
        assert await experiments.changes() == []
        clock.now += 1.01
        assert await experiments.changes() == told
        assert b"finished" in (await experiments.document("cnn", "summary", {})).body
        clock.now += 1.01
        assert await experiments.changes() == []

    run(search, check)


def test_an_experiment_that_comes_and_goes(search: Search) -> None:
    async def check(experiments: Experiments) -> None:
        await experiments.changes()
        await experiments.document("cnn", "summary", {})
        other = search.place.path.with_name("other")
        shutil.copytree(search.place.path, other)
        [change] = await experiments.changes()
        assert (change.name, change.state) == ("other", "interrupted")
        shutil.rmtree(other)
        shutil.rmtree(search.place.path)
        assert await experiments.changes() == [
            Change("cnn", None, None),
            Change("other", None, None),
        ]

    run(search, check)


def test_one_that_becomes_unreadable_is_told(search: Search) -> None:
    async def check(experiments: Experiments) -> None:
        await experiments.changes()
        search.place.journal.write_text("no database")
        assert await experiments.changes() == [Change("cnn", None, "unreadable")]

    run(search, check)


def test_a_reader_that_sleeps_gets_the_last_change_of_each() -> None:
    async def check() -> None:
        reader = Reader()
        stream = reader.stream()
        assert (await anext(stream)).startswith("retry: ")
        for number in range(100_000):
            reader.put(Change("cnn", number, "running"))
        reader.put(Change("old", None, None))
        assert await anext(stream) == (
            'event: change\ndata: {"experiment": "cnn", "sequence": 99999, "state": "running"}\n\n'
            'event: gone\ndata: {"experiment": "old"}\n\n'
        )
        reader.close()
        assert [text async for text in stream] == []

    asyncio.run(check())


def test_a_silent_stream_shows_that_the_server_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_ALIVE", 0.0)

    async def check() -> None:
        stream = Reader().stream()
        await anext(stream)
        assert await anext(stream) == ": alive\n\n"

    asyncio.run(check())


def test_the_hub_tells_each_reader(search: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "POLL", 0.01)

    async def check(experiments: Experiments) -> None:
        hub = Hub(experiments)
        hub.start()
        streams = [hub.stream(), hub.stream()]
        for stream in streams:
            await anext(stream)
        search.end(1, 0.25)
        for stream in streams:
            assert '"experiment": "cnn"' in await asyncio.wait_for(anext(stream), 30)
        await hub.close()
        for stream in streams:
            assert [text async for text in stream] == []

    run(search, check)


def test_a_reader_that_leaves_takes_no_change_with_it(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def check(experiments: Experiments) -> None:
        hub = Hub(experiments)
        stream = hub.stream()
        await anext(stream)
        search.end(1, 0.25)
        began, goes_on = asyncio.Event(), asyncio.Event()
        find = experiments.find

        async def slow(name: str) -> Any:
            began.set()
            await goes_on.wait()
            return await find(name)

        monkeypatch.setattr(experiments, "find", slow)
        leaving = asyncio.ensure_future(anext(hub.stream()))
        await began.wait()
        leaving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await leaving
        goes_on.set()
        assert '"experiment": "cnn"' in await anext(stream)

    run(search, check)


def test_too_many_readers_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "READERS", 0)
    answer = site.browser.get("/api/events")
    assert answer.status_code == 503
    assert "connected already" in answer.json()["error"]

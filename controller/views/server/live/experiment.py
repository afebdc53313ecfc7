"""The documents of one experiment, kept and made again when it has changed."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from controller.state.experiment_dir import ExperimentDir
from controller.views.page import documents
from controller.views.page.documents import Query, Request
from controller.views.page.source import Source
from controller.views.server.live.followed import Followed, Version
from controller.views.server.live.made import Made
from controller.views.server.live.pace import Pace
from controller.views.server.live.shared import SharedTasks
from controller.views.server.live.threads import LateError, StoreThreads, Worker

_LOOK = 1.0  # seconds between two looks for news
_DEADLINE = 10.0  # seconds that a reader waits for a document
_STORE_SHARE = 0.25  # of the seconds that the store takes, which count like processor time
_KEPT = 128  # documents
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What a document is made from."""

    version: Version
    source: Source
    query: Query
    fetch: Callable[[], Any] | None  # what reads the store
    took: float  # seconds of processor time


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document that was made. Times are of a monotonic clock."""

    made: Made
    version: Version
    at: float
    took: float  # seconds of processor time, and a share of those that the store took


class LiveExperiment:
    """One experiment for its readers. Use its methods in the event loop, and `close` it.

    A thread of its own reads the journal and makes the documents. Methods raise HeirloomError:
    GoneError when the experiment was removed, LateError when an answer takes long.

    Args:
        remind: called with a time of the monotonic clock when a document was sent that is older
            than the experiment. From that time on, the newer one can be made.
    """

    def __init__(
        self,
        place: ExperimentDir,
        store: StoreThreads,
        pace: Pace,
        remind: Callable[[float], None] = lambda at: None,
    ) -> None:
        self.place = place
        self._remind = remind
        self._store, self._pace = store, pace
        self._worker = Worker(f"journal of {place.name}")
        self._tasks = SharedTasks()
        self._followed: Followed | None = None
        self._version: Version | None = None
        self._looked_at = 0.0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self.used_at = time.monotonic()

    async def look(self, *, now: bool = False) -> Version:
        """The newest state, at most a second old. With `now`, as it is at the call or later."""
        self.used_at = time.monotonic()
        if now:  # a look that is under way may have read the journal before the call
            return await self._in_time(self._look())
        if self._version is not None and self.used_at < self._looked_at + _LOOK:
            return self._version
        return await self._wait("look", self._look)

    async def document(self, address: str, options: Mapping[str, str]) -> Made:
        """The document at an address without the experiment's name, such as `trial/12`.

        One that takes long to make may be of an earlier version.
        """
        request = documents.parse(address, options)
        key = request.key
        self._pace.note(f"{self.place.name}/{key}")
        version = await self.look()
        kept = self._kept.get(key)
        if kept is not None:
            self._kept.move_to_end(key)
            now = time.monotonic()
            is_old = now > kept.at + request.document.lasts
            if kept.version == version and not is_old:
                return kept.made
            again = kept.at + self._pace.interval(kept.took)
            if now < again:
                self._remind(again)
                return kept.made
        try:
            return await self._wait(key, lambda: self._make(request))
        except LateError:
            if kept is None:
                raise
            self._remind(time.monotonic() + _LOOK)
            return kept.made

    async def run(self, call: Callable[[Source], _Found]) -> _Found:
        """What a function of the newest source returns. It takes no long time."""
        await self.look()
        return await self._in_time(self._worker.run(self._run_there, call))

    def close(self) -> None:
        """Close the journal, after what its thread is doing."""
        self._worker.submit(self._close)
        self._worker.close()

    async def _wait(self, name: str, start: Callable[[], Awaitable[_Found]]) -> _Found:
        return await self._in_time(self._tasks.run(name, start))

    async def _in_time(self, work: Awaitable[_Found]) -> _Found:
        try:
            return await asyncio.wait_for(work, _DEADLINE)
        except TimeoutError:
            raise LateError(
                f"{self.place.name}: this takes longer than {_DEADLINE:.0f} s: ask again"
            ) from None

    async def _look(self) -> Version:
        version = await self._worker.run(self._look_there)
        self._version, self._looked_at = version, time.monotonic()
        return version

    async def _make(self, request: Request) -> Made:
        prepared = await self._worker.run(self._prepare_there, request)
        query, waited = prepared.query, 0.0
        if prepared.fetch is not None:
            began = time.monotonic()
            query = dataclasses.replace(query, fetched=await self._fetch(request, prepared.fetch))
            waited = time.monotonic() - began
        made, took = await self._worker.run(self._make_there, request, prepared.source, query)
        took += prepared.took + waited * _STORE_SHARE
        self._kept[request.key] = _Kept(made, prepared.version, time.monotonic(), took)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return made

    async def _fetch(self, request: Request, call: Callable[[], Any]) -> Any:
        name = f"{self.place.name}/{request.key}"
        try:
            return await self._store.run(name, documents.fetch, call)
        except LateError as error:
            return error

    # In the experiment's thread:

    def _open(self) -> Followed:
        if self._followed is None:
            self._followed = Followed(self.place)
        return self._followed

    def _look_there(self) -> Version:
        try:
            return self._open().look()
        except BaseException:
            self._version = None
            self._close()
            raise

    def _run_there(self, call: Callable[[Source], _Found]) -> _Found:
        return call(self._open().source())

    def _prepare_there(self, request: Request) -> _Prepared:
        began = time.thread_time()
        followed = self._open()
        source = followed.source()
        query, fetch = request.query(source), request.document.fetch
        call = None if fetch is None else fetch(source, query)
        took = time.thread_time() - began
        return _Prepared(followed.version, source, query, call, took)

    def _make_there(self, request: Request, source: Source, query: Query) -> tuple[Made, float]:
        began = time.thread_time()
        made = Made.of(request.document.make(source, query))
        return made, time.thread_time() - began

    def _close(self) -> None:
        if self._followed is not None:
            self._followed.close()
            self._followed = None

"""Server-sent events: which experiments have changed (HTML, 9.2, Server-sent events)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator

from controller.errors import HeirloomError
from controller.views.server.live.experiments import Change, Experiments
from controller.views.server.live.shared import SharedTasks

POLL = 1.0  # seconds between two looks
_ALIVE = 15.0  # seconds of silence after which a comment shows a reader that the server runs
_RETRY = 2000  # milliseconds after which a browser connects again
_IDLE = 10  # looks between two times that idle experiments are closed
READERS = 200  # at once
log = logging.getLogger(__name__)


class Reader:
    """One browser. It keeps only the last change of each experiment until the browser takes it."""

    def __init__(self) -> None:
        self._pending: dict[str, Change] = {}
        self._wake = asyncio.Event()
        self._is_closed = False

    def put(self, change: Change) -> None:
        """Take a change. It replaces an earlier one of the same experiment."""
        self._pending.pop(change.name, None)
        self._pending[change.name] = change
        self._wake.set()

    def close(self) -> None:
        """End the stream."""
        self._is_closed = True
        self._wake.set()

    async def stream(self) -> AsyncIterator[str]:
        """The events as text."""
        yield f"retry: {_RETRY}\n: connected\n\n"
        while not self._is_closed:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _ALIVE)
            self._wake.clear()
            pending, self._pending = self._pending, {}
            if pending:
                yield "".join(map(_text, pending.values()))
            elif not self._is_closed:
                yield ": alive\n\n"


class Hub:
    """Looks for changes while there are readers, and passes them to each reader."""

    def __init__(self, experiments: Experiments) -> None:
        self._experiments = experiments
        self._readers: set[Reader] = set()
        self._task: asyncio.Task[None] | None = None
        self._tasks = SharedTasks()

    def start(self) -> None:
        """Begin to look for changes, in the event loop."""
        self._task = asyncio.ensure_future(self._run())

    @property
    def is_full(self) -> bool:
        """Whether no further reader is taken."""
        return len(self._readers) >= READERS

    async def stream(self) -> AsyncIterator[str]:
        """The events for a new reader: all that happens after the first text."""
        reader = Reader()
        self._readers.add(reader)
        try:
            await self._look_once()
            async for text in reader.stream():
                yield text
        finally:
            self._readers.discard(reader)

    def end_streams(self) -> None:
        """End the streams, so that the server can."""
        for reader in self._readers:
            reader.close()

    async def close(self) -> None:
        """Look for no more changes."""
        self.end_streams()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        looks = 0
        while True:
            await asyncio.sleep(POLL)
            looks += 1
            if looks % _IDLE == 0:
                await self._experiments.close_idle()
            if not self._readers:
                continue
            await self._look_once()

    async def _look_once(self) -> None:
        """Look, or wait for the look under way. It goes on when the one who waits is cancelled."""
        await self._tasks.run("look", self._look)

    async def _look(self) -> None:
        """Pass on what has changed since the last look."""
        try:
            changes = await self._experiments.changes()
        except HeirloomError as error:
            log.warning("%s", error)
            return
        except Exception:
            log.exception("the experiments cannot be followed; the next look is in a second")
            return
        for change in changes:
            for reader in self._readers:
                reader.put(change)


def _text(change: Change) -> str:
    if change.state is None:
        return f"event: gone\ndata: {json.dumps({'experiment': change.name})}\n\n"
    data = {"experiment": change.name, "sequence": change.sequence, "state": change.state}
    return f"event: change\ndata: {json.dumps(data)}\n\n"

"""Work that several readers wait for is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

_Found = TypeVar("_Found")


class SharedTasks:
    """Tasks by name. A caller that asks for one that runs already waits for it."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}

    async def run(self, name: str, start: Callable[[], Awaitable[_Found]]) -> _Found:
        """The value of the task, which goes on when the one who waits for it is cancelled.

        Raises whatever the task raises.
        """
        task = self._tasks.get(name)
        if task is None:
            task = asyncio.ensure_future(_awaited(start))
            self._tasks[name] = task
            task.add_done_callback(lambda done: self._end(name, done))
        found: _Found = await asyncio.shield(task)
        return found

    def _end(self, name: str, task: asyncio.Task[Any]) -> None:
        del self._tasks[name]
        if not task.cancelled():
            task.exception()  # nobody may have waited for it


async def _awaited(start: Callable[[], Awaitable[_Found]]) -> _Found:
    return await start()

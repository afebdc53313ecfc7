"""Blocking calls in threads, each with a deadline, so that the event loop never waits for them."""

from __future__ import annotations

import asyncio
import functools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from controller.errors import HeirloomError

_Found = TypeVar("_Found")
_Call = tuple["Future[Any]", Callable[[], Any]]


class LateError(HeirloomError):
    """A call has not ended in time. It goes on."""


class Worker:
    """A thread that runs calls one after the other. It does not keep the process alive."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._is_closed = False
        threading.Thread(target=self._work, name=name, daemon=True).start()

    async def run(self, call: Callable[..., _Found], *args: Any) -> _Found:
        """The value of a call, which runs after those that were submitted before it."""
        return await asyncio.wrap_future(self.submit(call, *args))

    def submit(self, call: Callable[..., _Found], *args: Any) -> Future[_Found]:
        """Have a call run after those that were submitted before it."""
        future: Future[_Found] = Future()
        if self._is_closed:
            future.set_exception(LateError("it was closed meanwhile: ask again"))
        else:
            self._calls.put((future, functools.partial(call, *args)))
        return future

    def close(self) -> None:
        """End the thread after the calls that were submitted. Call it where `submit` is called."""
        self._is_closed = True
        self._calls.put(None)

    def _work(self) -> None:
        while (item := self._calls.get()) is not None:
            _run(*item)


class StoreThreads:
    """Runs each call in a thread of its own, since a store that does not answer blocks it.

    A call that is late is not repeated: a caller that asks for the same again waits for it.

    Args:
        deadline: seconds after which a call is late.
        limit: calls that may be blocked at once. Further ones are late immediately.
    """

    def __init__(self, deadline: float = 3.0, limit: int = 16) -> None:
        self._deadline, self._limit = deadline, limit
        self._calls: dict[str, Future[Any]] = {}

    async def run(self, name: str, call: Callable[..., _Found], *args: Any) -> _Found:
        """The value of a call. `name`: equal for equal calls.

        Raises LateError, and whatever the call raises.
        """
        future = self._calls.get(name)
        if future is None:
            self._drop()
            if len(self._calls) >= self._limit:
                raise LateError("the store does not answer")
            future = self._calls[name] = Future()
            work = functools.partial(_run, future, functools.partial(call, *args))
            threading.Thread(target=work, name=f"store: {name}", daemon=True).start()
        waiting = asyncio.wrap_future(future)
        done, _ = await asyncio.wait([waiting], timeout=self._deadline)
        if not done:
            waiting.add_done_callback(_forget)
            raise LateError(f"the store has not answered for {self._deadline:.0f} s")
        self._calls.pop(name, None)
        found: _Found = waiting.result()
        return found

    def _drop(self) -> None:
        """Forget what came too late, when there are many."""
        if len(self._calls) >= self._limit:
            self._calls = {name: call for name, call in self._calls.items() if not call.done()}


def _run(future: Future[Any], call: Callable[[], Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as error:  # raised where the value is awaited
        future.set_exception(error)


def _forget(future: asyncio.Future[Any]) -> None:
    """Take the exception of a call that nobody waits for."""
    if not future.cancelled():
        future.exception()

"""Knows since when a call of the store has not returned."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from heirloom.store.files import Files

_P = ParamSpec("_P")
_T = TypeVar("_T")


class CallTimer:
    """Times the calls of one thread; another one reads `since`. `clock` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.since: float | None = None  # when the current call began; None between two calls
        self._clock = clock

    def timed(self, call: Callable[_P, _T]) -> Callable[_P, _T]:
        """The same function, timed."""

        @functools.wraps(call)
        def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            self.since = self._clock()
            try:
                return call(*args, **kwargs)
            finally:
                self.since = None

        return run

    def files(self, files: Files) -> Files:
        """The same store, whose calls are timed."""
        return cast("Files", _TimedFiles(self, files))


class _TimedFiles:
    """Has every method of `Files`."""

    def __init__(self, timer: CallTimer, files: Files) -> None:
        self._timer, self._files = timer, files

    def __getattr__(self, name: str) -> Any:
        return self._timer.timed(getattr(self._files, name))

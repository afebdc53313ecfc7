"""The attempts that are looked after: what they report, and whether their hearts still beat."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Sequence
from functools import partial

from controller.core.events import Reported
from controller.store.heartbeat import HeartbeatMonitor
from controller.store.layout import Root
from controller.store.metrics import Read, Report, Tail
from heirloom.store.files import NO_FILE, Files, open_file

_REPORTS_EVERY = 1.0  # seconds between two looks at one attempt's metrics
_HEARTBEAT_EVERY = 5.0  # seconds between two looks at its heartbeat, at most
_LATE = 5.0  # seconds by which a look may come late and still count
_COUNTER_LIMIT = 32  # bytes

Key = tuple[int, int]  # trial, number
ReadPart = Callable[[str, int, int], bytes]  # path, offset, bytes at most


class _Attempt:
    def __init__(self, seen: int, silence: HeartbeatMonitor, now: float) -> None:
        self.tail = Tail(seen)
        self.silence = silence
        self.reports_due = self.heartbeat_due = now


class AttemptMonitor:
    """Attempts by trial and number. Times are of the watch's clock.

    `limit` is how much silence is too much, in seconds; `part` reads metrics.
    """

    def __init__(self, root: Root, files: Files, limit: float, part: ReadPart) -> None:
        self._root, self._files, self._limit, self._read_part = root, files, limit, part
        self._every = min(_HEARTBEAT_EVERY, limit / 12)
        self._attempts: dict[Key, _Attempt] = {}
        self._left: dict[Key, Tail] = {}

    def add(self, key: Key, seen: int, now: float) -> None:
        """Follow an attempt whose first `seen` reports are known."""
        if key not in self._attempts:
            silence = HeartbeatMonitor(self._limit, self._every + _LATE)
            self._attempts[key] = _Attempt(seen, silence, now)

    def leave(self, key: Key) -> None:
        """Stop following it, but remember where its reports stand, for its end may yet come."""
        if (attempt := self._attempts.pop(key, None)) is not None:
            self._left[key] = attempt.tail

    def forget(self, key: Key) -> None:
        """Its end was told."""
        self._attempts.pop(key, None)
        self._left.pop(key, None)

    def reports(self, now: float, at: float) -> list[Reported]:
        """What was reported since, of the attempts whose turn it is."""
        found: list[Reported] = []
        for key, attempt in self._attempts.items():
            if attempt.reports_due <= now:
                more = False
                with contextlib.suppress(OSError):  # later, then
                    taken, more = attempt.tail.take(self._part(key))
                    found += _events(key, taken, at)
                attempt.reports_due = now if more else now + _REPORTS_EVERY
        return found

    def rest(self, key: Key, at: float) -> list[Reported]:
        """All that an ended attempt reported and that is not known yet. Raises OSError.

        Nothing for an attempt that was never followed, or whose end was told: that is all known.
        """
        attempt = self._attempts.get(key)
        tail = self._left.get(key) if attempt is None else attempt.tail
        return [] if tail is None else _events(key, tail.rest(self._part(key)), at)

    def silent(self, clock: Callable[[], float]) -> list[Key]:
        """Attempts whose turn it is and who have been silent for too long."""
        found = []
        for key, attempt in self._attempts.items():
            if attempt.heartbeat_due <= clock():
                counter = self._counter(key)
                now = clock()
                attempt.heartbeat_due = now + self._every
                if attempt.silence.look(counter, now):
                    found.append(key)
        return found

    def _counter(self, key: Key) -> bytes | None:
        """What the heartbeat says. One that cannot be read, on a store that can, is none."""
        try:
            return self._files.read(f"{self._root.attempt(*key)}/heartbeat", _COUNTER_LIMIT)
        except OSError:
            return None

    def _part(self, key: Key) -> Read:
        return partial(self._read_part, f"{self._root.attempt(*key)}/metrics.jsonl")

    def anew(self) -> None:
        """The store was away: nobody was silent."""
        for attempt in self._attempts.values():
            attempt.silence.anew()


def read_part(path: str, offset: int, limit: int) -> bytes:
    """At most `limit` bytes of a file, opened anew; none where there is no file. Raises OSError.

    Over NFS only an open asks the server how far the file has grown.
    """
    try:
        fd = open_file(path, os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.ENOENT, *NO_FILE):
            return b""
        raise
    try:
        return os.pread(fd, limit, offset)
    finally:
        os.close(fd)


def _events(key: Key, reports: Sequence[Report], at: float) -> list[Reported]:
    trial, number = key
    return [
        Reported(at=at, trial=trial, number=number, step=step, value=value)
        for step, value in reports
    ]

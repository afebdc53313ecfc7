"""The attempts on nodes: their reports and their heartbeats."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Sequence
from functools import partial

from controller.core.events import Reported
from controller.store.layout import Root
from controller.store.monitor.heartbeat import HeartbeatMonitor
from controller.store.monitor.metrics import MetricsReader, Read, Report
from heirloom.store.files import NO_FILE, Files, open_file

_REPORTS_INTERVAL = 1.0  # seconds between two reads of one attempt's metrics
_HEARTBEAT_INTERVAL = 5.0  # seconds between two reads of its heartbeat, at most
_LATE = 5.0  # seconds by which a read of the heartbeat may be late and still count
_HEARTBEAT_SIZE = 32  # bytes

Key = tuple[int, int]  # trial, number
ReadPart = Callable[[str, int, int], bytes]  # path, offset, bytes at most


class _Attempt:
    def __init__(self, reports_known: int, heartbeat: HeartbeatMonitor, now: float) -> None:
        self.metrics = MetricsReader(reports_known)
        self.heartbeat = heartbeat
        self.reports_due = self.heartbeat_due = now


class AttemptMonitor:
    """Attempts by trial and number. Times are on the store watch's clock.

    `timeout` is the time in seconds that a heartbeat may stay the same; `read_part` reads metrics.
    """

    def __init__(self, root: Root, files: Files, timeout: float, read_part: ReadPart) -> None:
        self._root, self._files, self._timeout, self._read_part = root, files, timeout, read_part
        self._interval = min(_HEARTBEAT_INTERVAL, timeout / 12)
        self._attempts: dict[Key, _Attempt] = {}
        self._removed: dict[Key, MetricsReader] = {}

    def add(self, key: Key, reports_known: int, now: float) -> None:
        """Monitor an attempt. Its first `reports_known` reports are journaled already."""
        if key not in self._attempts:
            heartbeat = HeartbeatMonitor(self._timeout, self._interval + _LATE)
            self._attempts[key] = _Attempt(reports_known, heartbeat, now)

    def remove(self, key: Key) -> None:
        """Stop monitoring an attempt. Its `ended` may still come, with its last reports."""
        if (attempt := self._attempts.pop(key, None)) is not None:
            self._removed[key] = attempt.metrics

    def forget(self, key: Key) -> None:
        """Forget an attempt: its `ended` was posted."""
        self._attempts.pop(key, None)
        self._removed.pop(key, None)

    def new_reports(self, now: float, at: float) -> list[Reported]:
        """New reports of the attempts whose metrics are due to be read."""
        found: list[Reported] = []
        for key, attempt in self._attempts.items():
            if attempt.reports_due <= now:
                more = False
                with contextlib.suppress(OSError):  # read again at the next time
                    reports, more = attempt.metrics.read_new(self._reader(key))
                    found += _events(key, reports, at)
                attempt.reports_due = now if more else now + _REPORTS_INTERVAL
        return found

    def last_reports(self, key: Key, at: float) -> list[Reported]:
        """All reports of an ended attempt that were not returned before. Raises OSError.

        None for an attempt that was never added, or that was forgotten: its reports are known.
        """
        attempt = self._attempts.get(key)
        metrics = self._removed.get(key) if attempt is None else attempt.metrics
        return [] if metrics is None else _events(key, metrics.read_rest(self._reader(key)), at)

    def lost_heartbeats(self, clock: Callable[[], float]) -> list[Key]:
        """Attempts whose heartbeat did not change for too long, of those that are due."""
        found = []
        for key, attempt in self._attempts.items():
            if attempt.heartbeat_due <= clock():
                counter = self._counter(key)
                now = clock()
                attempt.heartbeat_due = now + self._interval
                if attempt.heartbeat.is_lost(counter, now):
                    found.append(key)
        return found

    def reset_heartbeats(self) -> None:
        """The store did not answer: start counting again."""
        for attempt in self._attempts.values():
            attempt.heartbeat.reset()

    def _counter(self, key: Key) -> bytes | None:
        """The heartbeat's content; None if it cannot be read, while the store answers."""
        try:
            return self._files.read(f"{self._root.attempt(*key)}/heartbeat", _HEARTBEAT_SIZE)
        except OSError:
            return None

    def _reader(self, key: Key) -> Read:
        return partial(self._read_part, f"{self._root.attempt(*key)}/metrics.jsonl")


def read_part(path: str, offset: int, limit: int) -> bytes:
    """At most `limit` bytes of a file; none if there is no file. Raises OSError.

    Opens the file each time: over NFS only an open asks the server for the file's size.
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

"""The attempts on nodes: their reports and their heartbeats."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial

from controller.core.events import ContinuedFrom, Reported, ReportedMany
from controller.store.layout import Root
from controller.store.monitor.heartbeat import HeartbeatMonitor
from controller.store.monitor.metrics import FILE_LIMIT, MetricsReader, Read, Report
from heirloom.store.files import NO_FILE, Files, open_file

_REPORTS_INTERVAL = 1.0  # seconds between two reads of one attempt's metrics
_PARTS = 8  # attempts of which a call reads a part that is not the last, at most
_HEARTBEAT_INTERVAL = 5.0  # seconds between two reads of its heartbeat, at most
_LATE = 5.0  # seconds by which a read of the heartbeat may be late and still count
_HEARTBEAT_SIZE = 32  # bytes

_log = logging.getLogger(__name__)

Key = tuple[int, int]  # trial, number
ReportEvent = Reported | ReportedMany | ContinuedFrom
ReadPart = Callable[[str, int, int], bytes]  # path, offset, bytes at most


class _Attempt:
    def __init__(self, reports_known: int, heartbeat: HeartbeatMonitor, now: float) -> None:
        self.metrics = MetricsReader(reports_known)
        self.is_continued = False  # whether that was returned
        self.is_full = self.has_problem = False
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
        self._unread: dict[Key, int] = {}  # with more to read: the reports read since all were
        self._removed: dict[Key, _Attempt] = {}

    def add(self, key: Key, reports_known: int, now: float) -> None:
        """Monitor an attempt. Its first `reports_known` reports are journaled already."""
        if key not in self._attempts:
            heartbeat = HeartbeatMonitor(self._timeout, self._interval + _LATE)
            self._attempts[key] = _Attempt(reports_known, heartbeat, now)

    def remove(self, key: Key) -> None:
        """Stop monitoring an attempt. Its `ended` may still come, with its last reports."""
        if (attempt := self._attempts.pop(key, None)) is not None:
            self._removed[key] = attempt

    def forget(self, key: Key) -> None:
        """Forget an attempt: its `ended` was posted."""
        self._attempts.pop(key, None)
        self._removed.pop(key, None)
        self._unread.pop(key, None)

    def new_reports(self, now: float, at: float) -> list[ReportEvent]:
        """New reports of the attempts whose metrics are due to be read, a part of each.

        The attempts that were due first come first, and some may be left for the next call.
        """
        due = [item for item in self._attempts.items() if item[1].reports_due <= now]
        due.sort(key=lambda item: item[1].reports_due)
        found: list[ReportEvent] = []
        parts = 0
        for key, attempt in due:
            more = False
            with contextlib.suppress(OSError):  # read again at the next time
                events, more = self._read(key, attempt, at)
                found += events
            attempt.reports_due = now if more else now + _REPORTS_INTERVAL
            parts += more
            if parts == _PARTS:
                break
        return found

    def last_reports(self, key: Key, at: float) -> tuple[list[ReportEvent], bool]:
        """Reports of an ended attempt that were not returned before, and whether there are more.

        None for an attempt that was never added, or that was forgotten: its reports are known.
        Raises OSError.
        """
        attempt = self._attempts.get(key) or self._removed.get(key)
        return ([], False) if attempt is None else self._read(key, attempt, at)

    @property
    def reading(self) -> tuple[int, int] | None:
        """A trial that has reported more than was read by now, and how much of that was read."""
        if not self._unread:
            return None
        (trial, _), count = max(self._unread.items(), key=lambda item: item[1])
        return trial, count

    def _read(self, key: Key, attempt: _Attempt, at: float) -> tuple[list[ReportEvent], bool]:
        reports, more = attempt.metrics.read_new(self._reader(key))
        if attempt.metrics.is_full and not attempt.is_full:
            attempt.is_full = True
            size = FILE_LIMIT >> 20
            _log.warning("%d.%d reports more than %d MiB: the rest is not read", *key, size)
        if attempt.metrics.problem and not attempt.has_problem:
            attempt.has_problem = True
            problem = attempt.metrics.problem
            _log.warning("%d.%d: %s; it is dropped, and others like it", *key, problem)
        read = self._unread.pop(key, 0) + len(reports)
        if more:
            self._unread[key] = read
        events = report_events(key, reports, at)
        if attempt.metrics.continued is not None and not attempt.is_continued:
            attempt.is_continued = True
            events = [continued_event(key, attempt.metrics.continued, at), *events]
        return events, more

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


def continued_event(key: Key, continued: tuple[int, int], at: float) -> ContinuedFrom:
    """The event of an attempt that continues another. It precedes its reports."""
    (trial, number), (source, step) = key, continued
    return ContinuedFrom(at=at, trial=trial, number=number, source=source, step=step)


def report_events(key: Key, reports: Sequence[Report], at: float) -> list[ReportEvent]:
    """The event of reports that were read at once; none without a report."""
    trial, number = key
    if len(reports) > 1:
        steps, values, metrics = zip(*reports, strict=True)
        many = partial(ReportedMany, at=at, trial=trial, number=number, steps=steps, values=values)
        return [many(metrics=metrics) if any(metrics) else many()]
    return [
        Reported(at=at, trial=trial, number=number, step=step, value=value, metrics=metrics)
        for step, value, metrics in reports
    ]

"""Read an attempt's metrics.jsonl while the attempt appends to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from heirloom.store.limits.metrics import MetricLimits
from heirloom.store.limits.values import finite, shallow

CHUNK = 256 * 1024  # bytes read at once
LINE_LIMIT = 64 * 1024  # bytes of one report; a longer line is not a report
FILE_LIMIT = 128 * 1024 * 1024  # bytes of one attempt's reports; the rest is not read

Report = tuple[int, Any, dict[str, float | None] | None]  # step, value, metrics by name
Read = Callable[[int, int], bytes]  # offset, bytes at most; opens the file each time


class MetricsReader:
    """The position in one attempt's metrics. The first `reports_known` reports are not returned.

    A line without a newline is not complete yet, and NUL bytes are not written yet: both are read
    again next time. A line that is not a report is skipped.
    """

    def __init__(self, reports_known: int = 0) -> None:
        self._known = reports_known
        self._offset = 0
        self._limits = MetricLimits()
        self.continued: tuple[int, int] | None = None  # attempt and step, if the first line says so

    @property
    def is_full(self) -> bool:
        """Whether FILE_LIMIT was reached."""
        return self._offset >= FILE_LIMIT

    @property
    def problem(self) -> str:
        """Why the first metric by name was dropped; empty if none was."""
        return self._limits.problem

    def read_new(self, read: Read) -> tuple[list[Report], bool]:
        """New reports in order, and whether there may be more. Raises OSError."""
        room = FILE_LIMIT - self._offset
        if room <= 0:
            return [], False
        asked = min(CHUNK, room)
        is_start = self._offset == 0
        text = read(self._offset, asked)
        more = len(text) == asked
        whole, newline, rest = text.partition(b"\0")[0].rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        if not newline and len(rest) >= LINE_LIMIT:
            self._offset += len(rest)  # part of a line that is too long for a report
        if is_start and newline:
            self.continued = parse_continued(whole.partition(b"\n")[0])
        limits = self._limits
        reports = [
            report for line in whole.split(b"\n") if (report := parse(line, limits)) is not None
        ]
        known = min(self._known, len(reports))
        self._known -= known
        return reports[known:], more and bool(newline or len(rest) >= LINE_LIMIT)


_decode = json.JSONDecoder(parse_constant=lambda _: None).decode


def parse(line: bytes, limits: MetricLimits) -> Report | None:
    """The step, value and metrics of a line; None if it is not a report.

    Numbers that no finite float can represent become None, NaN and infinities among them. Metrics
    beyond the limits are dropped.
    """
    if len(line) > LINE_LIMIT or not line:
        return None
    try:
        # Trials may report text that is not valid Unicode.
        report = _decode(line.decode("utf-8", "surrogatepass"))
        step, value = report["step"], report["value"]
        if type(step) is not int or abs(step) >= 1 << 63 or not shallow(value):
            return None
        metrics = report["metrics"] if "metrics" in report else _beside_default(value)
        return step, _plain(value), limits.keep(metrics) or None if metrics is not None else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def parse_continued(line: bytes) -> tuple[int, int] | None:
    """The attempt and the step that an attempt continues from; None if it is no such line."""
    if not line.startswith(b'{"continued"') or len(line) > LINE_LIMIT:
        return None
    try:
        continued = _decode(line.decode())["continued"]
        found = continued["attempt"], continued["step"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if all(type(number) is int and 0 <= number < 1 << 63 for number in found) else None


def _beside_default(value: Any) -> dict[str, Any] | None:
    """The other numbers of a dictionary that a trial written for NNI reports as its value."""
    if not isinstance(value, dict):
        return None
    numbers = {
        name: held
        for name, held in value.items()
        if name != "default" and isinstance(held, (int, float)) and not isinstance(held, bool)
    }
    return numbers or None


def _plain(value: Any) -> Any:
    """The value with None for each number that is not finite."""
    if isinstance(value, dict):
        return {key: _plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [_plain(held) for held in value]
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return None if is_number and not finite(value) else value

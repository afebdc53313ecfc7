"""The tail of an attempt's metrics.jsonl: what it reports while it runs."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

CHUNK = 256 * 1024  # bytes taken at one look
LINE_LIMIT = 64 * 1024  # bytes of one report; a longer line is none
FILE_LIMIT = 32 * 1024 * 1024  # bytes of one attempt's reports; what comes after is not read

Report = tuple[int, Any]  # step, value
Read = Callable[[int, int], bytes]  # offset, bytes at most; opens the file anew each time


class Tail:
    """Where reading stands in one attempt's metrics. `seen` reports are known already.

    A line that does not end in a newline is not there yet, and NUL bytes are not written yet:
    both are looked at again next time. A line that is no report is passed over.
    """

    def __init__(self, seen: int = 0) -> None:
        self._known = seen
        self._offset = 0

    def take(self, read: Read) -> tuple[list[Report], bool]:
        """New reports in their order, and whether more may stand there. Raises OSError."""
        room = FILE_LIMIT - self._offset
        if room <= 0:
            return [], False
        asked = min(CHUNK, room)
        text = read(self._offset, asked)
        more = len(text) == asked
        whole, newline, rest = text.partition(b"\0")[0].rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        if not newline and len(rest) >= LINE_LIMIT:
            self._offset += len(rest)  # part of a line that is too long to be a report
        reports = [report for line in whole.split(b"\n") if (report := parse(line)) is not None]
        known = min(self._known, len(reports))
        self._known -= known
        return reports[known:], more and bool(newline or len(rest) >= LINE_LIMIT)

    def rest(self, read: Read) -> list[Report]:
        """Everything that is left. Raises OSError, and then may be asked again for all of it."""
        begun = self._offset, self._known
        found: list[Report] = []
        more = True
        try:
            while more:
                reports, more = self.take(read)
                found += reports
        except OSError:
            self._offset, self._known = begun
            raise
        return found


def parse(line: bytes) -> Report | None:
    """The step and value of a line, or None. What is no finite number within is None."""
    if len(line) > LINE_LIMIT or not line:
        return None
    try:
        said = json.loads(line, parse_constant=lambda _: None, parse_float=_finite)
        step = said["step"]
        if type(step) is not int or abs(step) >= 1 << 63:
            return None
        return step, said["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None

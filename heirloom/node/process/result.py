"""Read what a trial reported. The files are not trusted: JSON only, of limited size and depth."""

from __future__ import annotations

import json
import os
from typing import Any, Optional

from ...store.files import open_file
from ...store.json_limits import DEPTH_LIMIT, finite, shallow
from ...store.os_errors import describe

SIZE_LIMIT = 64 << 10  # bytes
_HINT = 'call trial.finish(value), or write {"value": number} to $HEIRLOOM_RESULT'


class ResultError(Exception):
    """The trial left no valid result; the message says what was found and what to do."""


def read(path: str, *, needed: bool = True) -> dict[str, Any]:
    """The result in `result.json`, whose `value` is a finite number. Raises ResultError.

    Unless `needed`, `value` may be null or missing, and without a file the result is `{}`.
    """
    try:
        fd = open_file(path)
        with open(fd, "rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        if not needed:
            return {}
        raise ResultError(f"reported no result: {_HINT}") from None
    except OSError as error:
        raise ResultError(f"its result cannot be read: {describe(error)}: {_HINT}") from None
    if len(data) > SIZE_LIMIT:
        raise ResultError(f"its result is larger than {SIZE_LIMIT >> 10} KiB: keep it small")
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError):
        start = data[:60].decode(errors="replace")
        raise ResultError(f"its result is not JSON: {start!r}: {_HINT}") from None
    if not isinstance(found, dict) or (needed and "value" not in found):
        raise ResultError(f"its result has no value: {str(found)[:60]}: {_HINT}")
    value = found.get("value")
    if value is not None or needed:
        _check(value)
    if not shallow(found):
        raise ResultError(f"its result is nested more than {DEPTH_LIMIT} levels deep: flatten it")
    return _plain(found)


def last_report(path: str) -> Optional[float]:
    """The value of the last complete line of `metrics.jsonl` that has a number; None without one.

    For a dictionary it is the number under `default`.
    """
    try:
        fd = open_file(path)
        with open(fd, "rb") as file:
            file.seek(max(0, os.fstat(fd).st_size - SIZE_LIMIT))
            lines = file.read(SIZE_LIMIT).split(b"\n")[:-1]
    except OSError:
        return None
    for line in reversed(lines):
        try:
            value = json.loads(line.decode())["value"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if isinstance(value, dict):
            value = value.get("default")
        if finite(value):
            return float(value)
    return None


def _check(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ResultError(f"its result is not a number: {json.dumps(value)[:60]}: {_HINT}")
    if not finite(value):
        raise ResultError(f"its result is not finite: {str(value)[:60]}")


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """The result in strict JSON: NaN and infinities anywhere in it become null."""
    plain: dict[str, Any] = json.loads(json.dumps(data), parse_constant=lambda _: None)
    return plain

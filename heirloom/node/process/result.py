"""Read what a trial reported. The files are not trusted: JSON only, of limited size and depth."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ...store.files import open_file
from ...store.limits.values import DEPTH_LIMIT, finite, shallow
from ...store.os_errors import describe

SIZE_LIMIT = 64 << 10  # bytes
VALUE = "value"  # the key of a value without a name
INFEASIBLE = "infeasible"  # the key of the text why a trial was not trained
_HINT = 'call trial.finish(value), or write {"value": number} to $HEIRLOOM_RESULT'


class ResultError(Exception):
    """The trial left no valid result; the message says what was found and what to do."""


def read(path: str, *, needed: bool = True, names: Sequence[str] = ()) -> dict[str, Any]:
    """The result in `result.json`, whose values are finite numbers. Raises ResultError.

    `names` are those of the values, the first objective's first; without any it is `value`. Unless
    `needed`, a value may be null or missing, and without a file the result is `{}`.
    """
    hint = _hint(names)
    try:
        fd = open_file(path)
        with open(fd, "rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        if not needed:
            return {}
        raise ResultError(f"reported no result: {hint}") from None
    except OSError as error:
        raise ResultError(f"its result cannot be read: {describe(error)}: {hint}") from None
    if len(data) > SIZE_LIMIT:
        raise ResultError(f"its result is larger than {SIZE_LIMIT >> 10} KiB: keep it small")
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError):
        start = data[:60].decode(errors="replace")
        raise ResultError(f"its result is not JSON: {start!r}: {hint}") from None
    if not isinstance(found, dict):
        raise ResultError(f"its result has no {(*names, VALUE)[0]}: {str(found)[:60]}: {hint}")
    _check(found, names, hint, needed=needed)
    if not shallow(found):
        raise ResultError(f"its result is nested more than {DEPTH_LIMIT} levels deep: flatten it")
    return _plain(found)


def values(result: Mapping[str, Any], names: Sequence[str] = ()) -> dict[str, float]:
    """The values in a result that `read` returned, by name."""
    given = _given(result, names)
    return {name: float(given[name]) for name in names or (VALUE,) if given.get(name) is not None}


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


def _check(found: dict[str, Any], names: Sequence[str], hint: str, *, needed: bool) -> None:
    """Raise ResultError for a value that is missing or no finite number."""
    given = _given(found, names)
    for name in names or (VALUE,):
        value = given.get(name)
        if name not in given and needed:
            raise ResultError(f"its result has no {name}: {_short(found)}: {hint}")
        if value is None and not needed:
            continue
        what = f"{name} in its result" if names else "its result"
        shown = f"{_short(value)} (of {_short(found)})" if names else _short(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ResultError(f"{what} is not a number: {shown}: {hint}")
        if not finite(value):
            raise ResultError(f"{what} is not finite: {shown}")
    first = found.get(VALUE)
    if names and first is not None and first != given[names[0]]:
        raise ResultError(
            f"its result gives {names[0]} twice, as {given[names[0]]} and as value {first}: "
            "leave one out"
        )


def _given(result: Mapping[str, Any], names: Sequence[str]) -> Mapping[str, Any]:
    """A result by name: `value` is that of the first name, and a dictionary of NNI's counts too."""
    if not names:
        return result
    nni = result.get("nni")
    first = {names[0]: result[VALUE]} if result.get(VALUE) is not None else {}
    return {**(nni if isinstance(nni, dict) else {}), **first, **result}


def _hint(names: Sequence[str]) -> str:
    if not names:
        return _HINT
    arguments = ", ".join(f"{name}=…" for name in names)
    keys = ", ".join(f'"{name}": number' for name in names)
    return f"call trial.finish({arguments}), or write {{{keys}}} to $HEIRLOOM_RESULT"


def _short(value: Any) -> str:
    return json.dumps(value)[:60]


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    """The result in strict JSON: NaN and infinities anywhere in it become null."""
    plain: dict[str, Any] = json.loads(json.dumps(data), parse_constant=lambda _: None)
    return plain

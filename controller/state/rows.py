"""An event as a row of the journal: its kind, and as JSON the fields that do not have defaults."""

from __future__ import annotations

import dataclasses
import functools
import json
import typing
from pathlib import Path

from controller.core.events import Event
from controller.state import database
from controller.state.database import JournalError
from controller.state.migrations import FORMAT, upgrade

if typing.TYPE_CHECKING:
    from pydantic import TypeAdapter

_FIELDS = {
    kind: tuple((field.name, field.default) for field in dataclasses.fields(kind))
    for kind in typing.get_args(Event)
}
_encode = json.JSONEncoder(default=dataclasses.asdict).encode


def kind_of(events: type[Event]) -> str:
    """What the column `kind` has for events of this class."""
    return str(events.__dataclass_fields__["kind"].default)


_KINDS: dict[str, type[Event]] = {kind_of(found): found for found in typing.get_args(Event)}


def encode(event: Event) -> str:
    """The body of an event. ASCII only: a trial may report text that is not valid Unicode."""
    return _encode(
        {
            name: value
            for name, default in _FIELDS[type(event)]
            if (value := getattr(event, name)) != default
        }
    )


def decode(path: Path, seq: int, kind: str, body: str, written: int) -> Event:
    """The event of a row that was written in the format `written`.

    `path`: of the journal, for messages. Raises JournalError for a row that is damaged.
    """
    fields = database.decode(path, seq, kind, body)
    if written != FORMAT:
        kind, fields = upgrade(kind, fields, written)
    if kind not in _KINDS:
        raise JournalError(f"{path}: event {seq} is of an unknown kind, {kind!r}")
    try:
        return _adapter(kind).validate_python(fields)
    except (ValueError, TypeError, RecursionError) as error:
        why = f"event {seq} ({kind}): {_mistake(error)}"
        raise database.damaged(path, why) from error


@functools.cache
def _adapter(kind: str) -> TypeAdapter[Event]:
    from pydantic import TypeAdapter

    return TypeAdapter(_KINDS[kind])


def _mistake(error: Exception) -> str:
    """The first mistake in a row, in one line."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"

"""A trial as a row of the reading tables: all that the core knows of it, as JSON."""

from __future__ import annotations

import dataclasses
import functools
import json
from typing import TYPE_CHECKING, Any

from controller.core.model import Attempt, Origin, Trial
from controller.core.transitions.names import share_names

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_NEVER = object()  # equal to no value of a field


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return _NEVER if field.default is dataclasses.MISSING else field.default


_FIELDS = {
    kind: tuple((field.name, _default(field)) for field in dataclasses.fields(kind))
    for kind in (Attempt, Origin, Trial)
}


def _body(value: Attempt | Origin | Trial) -> dict[str, Any]:
    """The fields that do not have their default."""
    return {
        name: found
        for name, default in _FIELDS[type(value)]
        if (found := getattr(value, name)) != default
    }


_encode = json.JSONEncoder(default=_body, separators=(",", ":")).encode


@functools.cache
def _adapter() -> TypeAdapter[Trial]:
    from pydantic import TypeAdapter

    return TypeAdapter(Trial)


def encode(trial: Trial) -> str:
    """The trial as JSON. ASCII only: a trial may report text that is not valid Unicode."""
    return _encode(_body(trial))


def decode(body: str) -> Trial:
    """The trial of a row. Raises ValueError for text that `encode` did not return."""
    trial = _adapter().validate_python(json.loads(body))
    share_names(trial)
    return trial

"""Which params of two trials differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.views.values import flat

_ABSENT = object()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Each param that differs, with its value in both; null where a trial has no such param."""
    old, new = dict(flat(before)), dict(flat(after))
    found = []
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if one != other or type(one) is not type(other):
            found.append((name, _plain(one), _plain(other)))
    return found


def _plain(value: Any) -> Any:
    return None if value is _ABSENT else value

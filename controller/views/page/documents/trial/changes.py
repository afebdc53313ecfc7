"""Which params of two trials differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from controller.views.values import flat

_LONG = 2_000  # characters of a value
_ABSENT = object()


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each param that differs, with its value in both; a param that one lacks is left out there."""
    old, new = dict(flat(before)), dict(flat(after))
    found = []
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, _ABSENT), new.get(name, _ABSENT)
        if one is _ABSENT or other is _ABSENT or one != other or type(one) is not type(other):
            row = {"name": name}
            row |= {} if one is _ABSENT else {"before": one}
            row |= {} if other is _ABSENT else {"after": other}
            found.append(row)
    return found

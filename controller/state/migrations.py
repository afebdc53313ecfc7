"""Journal formats: what changed from each one to the next.

A step is a pure function of one row, its kind and its decoded body, and returns the row as the next
format has it. Source: docs/reference/files.md. To change the format, add a step, and a
golden journal of the format before it (tests/golden/make.py).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_USED_UP = re.compile(r"the budget of \d+ (trials|s) is used up")
Row = tuple[str, dict[str, Any]]  # kind, body


@dataclass(frozen=True, slots=True)
class Step:
    """The change from one format to the next. It leaves rows of other kinds as they are."""

    kinds: frozenset[str]
    row: Callable[[str, dict[str, Any]], Row]


def _token_1(kind: str, body: dict[str, Any]) -> Row:
    """`parameter_id`, a term of NNI's, becomes `token`."""
    return kind, {"token" if key == "parameter_id" else key: value for key, value in body.items()}


def _exhausted_3(kind: str, body: dict[str, Any]) -> Row:
    """`exhausted`, of a search that used up its budget: only the reason said so."""
    is_used_up = _USED_UP.fullmatch(str(body.get("reason"))) and not body.get("error")
    return kind, {**body, "exhausted": True} if is_used_up else body


def _unchanged(kind: str, body: dict[str, Any]) -> Row:
    return kind, body


STEPS: Mapping[int, Step] = {  # by the format that a step starts from
    1: Step(frozenset({"proposed", "proposal-given-up"}), _token_1),
    # Format 3 adds kinds and fields, which earlier versions cannot read: reported-many, alive,
    # paused, continued; started_at, keep_going.
    2: Step(frozenset(), _unchanged),
    # Format 4 adds kinds and fields too, for the features of this version.
    3: Step(frozenset({"search-ended"}), _exhausted_3),
}
FORMAT = 1 + len(STEPS)


def changed_kinds(found: int) -> frozenset[str]:
    """The kinds whose rows differ between the format `found` and today's."""
    steps = (STEPS[number] for number in range(found, FORMAT))
    return frozenset().union(*(step.kinds for step in steps))


def upgrade(kind: str, body: dict[str, Any], found: int) -> Row:
    """A row of the format `found` as today's format has it."""
    for number in range(found, FORMAT):
        if kind in STEPS[number].kinds:
            kind, body = STEPS[number].row(kind, body)
    return kind, body

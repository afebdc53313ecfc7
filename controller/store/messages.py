"""Mail, checked and turned into events: what a node wrote is not trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.events import Began, Ended
from controller.core.model import Outcome, attempt_name, split_attempt

_REASON_LIMIT = 2000  # characters


class MalformedError(ValueError):
    """A message that is not what docs/wire.md says."""


@dataclass(frozen=True, slots=True)
class SupervisorMessage:
    """A message of a supervisor: an attempt began (`outcome` None) or ended."""

    name: str  # of its file
    trial: int
    number: int
    outcome: Outcome | None = None
    reason: str = ""
    parent: int | None = None
    rule: int | None = None
    seconds: dict[str, float] | None = None

    @property
    def has_manifest(self) -> bool:
        """Whether it says that a verdict stands on the store."""
        return self.outcome in (Outcome.COMMITTED, Outcome.STOPPED, Outcome.BEATEN)

    def event(self, at: float) -> Began | Ended:
        """The event it tells of."""
        if self.outcome is None:
            return Began(at=at, trial=self.trial, number=self.number)
        return Ended(
            at=at,
            trial=self.trial,
            number=self.number,
            outcome=self.outcome,
            reason=self.reason,
            parent=self.parent,
            rule=self.rule,
            seconds=self.seconds,
        )


def parse_message(name: str, said: Mapping[str, Any]) -> SupervisorMessage:
    """A message by its file's name and content. Raises MalformedError."""
    _known_format(said)
    kind, attempt = said.get("kind"), said.get("attempt")
    if kind not in ("began", "ended") or not isinstance(attempt, str):
        raise MalformedError("neither began nor ended, or without an attempt")
    if name != f"{attempt}.{kind}.json":
        raise MalformedError(f"tells of {attempt}.{kind}")
    trial, number = _attempt(attempt)
    if kind == "began":
        return SupervisorMessage(name, trial, number)
    return SupervisorMessage(
        name,
        trial,
        number,
        _outcome(said.get("outcome")),
        _text(said.get("reason", "")),
        _whole_or_none(said.get("parent"), "trial"),
        _whole_or_none(said.get("rule"), "rule"),
        _seconds(said.get("seconds")),
    )


def _known_format(said: Mapping[str, Any]) -> None:
    if said.get("format") != 1:
        raise MalformedError(f"has format {said.get('format')!r}, known is 1")


def _attempt(name: str) -> tuple[int, int]:
    try:
        found = split_attempt(name)
    except ValueError as error:
        raise MalformedError(str(error)) from None
    if attempt_name(*found) != name:
        raise MalformedError(f"{name!r} is not how an attempt is written")
    return found


def _outcome(value: Any) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise MalformedError(f"{value!r} is no outcome") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedError("its reason is no text")
    return value[:_REASON_LIMIT]


def _whole_or_none(value: Any, what: str) -> int | None:
    if value is None or (type(value) is int and 0 <= value < 1 << 63):
        return value
    raise MalformedError(f"{value!r} is no {what}")


def _finite(value: Any) -> bool:
    try:
        return type(value) in (int, float) and math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _seconds(value: Any) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(map(_finite, value.values())):
        raise MalformedError("its seconds are malformed")
    return {str(name): float(spent) for name, spent in value.items()}

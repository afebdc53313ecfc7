"""Mail and manifests, checked and turned into events: what a node wrote is not trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from controller.core.events import Began, Ended, VerdictSeen
from controller.core.model import Outcome, State, attempt_name, split_attempt

_REASON_LIMIT = 2000  # characters
_Member = TypeVar("_Member", bound=StrEnum)


class MalformedError(ValueError):
    """A message or manifest that is not what docs/wire.md says."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message of a supervisor: an attempt began (`outcome` None) or ended."""

    name: str  # of its file
    trial: int
    number: int
    outcome: Outcome | None = None
    reason: str = ""
    parent: int | None = None
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
            seconds=self.seconds,
        )


def letter(name: str, said: Mapping[str, Any]) -> Letter:
    """A message by its file's name and content. Raises MalformedError."""
    _known_format(said)
    kind, attempt = said.get("kind"), said.get("attempt")
    if kind not in ("began", "ended") or not isinstance(attempt, str):
        raise MalformedError("neither began nor ended, or without an attempt")
    if name != f"{attempt}.{kind}.json":
        raise MalformedError(f"tells of {attempt}.{kind}")
    trial, number = _attempt(attempt)
    if kind == "began":
        return Letter(name, trial, number)
    return Letter(
        name,
        trial,
        number,
        _member(Outcome, said.get("outcome")),
        _text(said.get("reason", "")),
        _whole_or_none(said.get("parent")),
        _seconds(said.get("seconds")),
    )


def verdict(trial: int, experiment: str, said: Mapping[str, Any], at: float) -> VerdictSeen:
    """What a manifest in `trials/N` says. Raises MalformedError."""
    _known_format(said)
    if said.get("experiment") != experiment or said.get("trial") != trial:
        raise MalformedError(f"is for trial {said.get('trial')!r} of {said.get('experiment')!r}")
    state = _member(State, said.get("state"))
    if not state.is_verdict:
        raise MalformedError(f"{state} is no verdict")
    files = said.get("files") or []
    value = said.get("value")
    if value is not None and not _finite(value):
        raise MalformedError("its value is no finite number")
    try:
        size = sum(int(file["size"]) for file in files)
        number = None if said.get("attempt") is None else _attempt(said["attempt"])
    except (TypeError, KeyError, AttributeError):
        raise MalformedError("its files or attempt are malformed") from None
    if number is not None and number[0] != trial:
        raise MalformedError(f"names the attempt {attempt_name(*number)}")
    return VerdictSeen(
        at=at,
        trial=trial,
        state=state,
        reason=_text(said.get("reason", "")),
        number=None if number is None else number[1],
        value=None if value is None else float(value),
        result=said.get("result"),
        weights=bool(said.get("weights")),
        size=size,
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


def _member(kind: type[_Member], value: Any) -> _Member:
    try:
        return kind(value)
    except ValueError:
        raise MalformedError(f"{value!r} is no {kind.__name__.lower()}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedError("its reason is no text")
    return value[:_REASON_LIMIT]


def _whole_or_none(value: Any) -> int | None:
    if value is None or (type(value) is int and 0 <= value < 1 << 63):
        return value
    raise MalformedError(f"{value!r} is no trial")


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

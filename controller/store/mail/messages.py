"""Messages of supervisors, validated and turned into events. A node's data is not trusted."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.core.events import Began, Ended, Prepared, Preparing
from controller.core.model import Outcome, attempt_name, split_attempt

_REASON_LIMIT = 2000  # characters
_KINDS = ("preparing", "prepared", "began", "ended")


class MalformedError(ValueError):
    """A message that does not have the format of docs/reference/files.md."""


@dataclass(frozen=True, slots=True)
class SupervisorMessage:
    """A message of a supervisor about its attempt. `outcome` is that of `ended`."""

    name: str  # of its file
    trial: int
    number: int
    outcome: Outcome | None = None
    reason: str = ""
    parent: int | None = None
    rule: int | None = None
    seconds: dict[str, float] | None = None
    peak_memory: int | None = None  # bytes, of the largest process of the trial
    checkpoints: int = 0  # bytes of the checkpoints that the attempt leaves
    cpu_seconds: float | None = None  # of all processes of the trial
    started_at: float | None = None  # the node's clock, seconds since the epoch
    gpus: float | None = None  # of its slots; one that several slots name counts in parts
    kind: str = "ended"

    @property
    def has_manifest(self) -> bool:
        """Whether a manifest must be on the store when this message is sent."""
        return self.outcome in (Outcome.COMMITTED, Outcome.STOPPED, Outcome.BEATEN)

    def event(self, at: float) -> Preparing | Prepared | Began | Ended:
        """The event that the message reports."""
        if self.kind == "preparing":
            return Preparing(at=at, trial=self.trial, number=self.number)
        if self.kind == "prepared":
            return Prepared(at=at, trial=self.trial, number=self.number)
        if self.kind == "began" or self.outcome is None:
            return Began(
                at=at,
                trial=self.trial,
                number=self.number,
                started_at=self.started_at,
                gpus=self.gpus,
            )
        return Ended(
            at=at,
            trial=self.trial,
            number=self.number,
            outcome=self.outcome,
            reason=self.reason,
            parent=self.parent,
            rule=self.rule,
            seconds=self.seconds,
            peak_memory=self.peak_memory,
            checkpoints=self.checkpoints,
            cpu_seconds=self.cpu_seconds,
            gpus=self.gpus,
        )


def parse_message(name: str, content: Mapping[str, Any]) -> SupervisorMessage:
    """Parse a message, from its file's name and content. Raises MalformedError."""
    _known_format(content)
    kind, attempt = content.get("kind"), content.get("attempt")
    if kind not in _KINDS or not isinstance(attempt, str):
        raise MalformedError(f"its kind is none of {', '.join(_KINDS)}, or it has no attempt")
    if name != f"{attempt}.{kind}.json":
        raise MalformedError(f"it is the message {attempt}.{kind}")
    trial, number = _attempt(attempt)
    gpus = _amount_or_none(content.get("gpu_share"), "gpu_share")
    if kind != "ended":
        said = content.get("started_at")
        started_at = float(said) if said is not None and _finite(said) else None
        return SupervisorMessage(name, trial, number, started_at=started_at, gpus=gpus, kind=kind)
    return SupervisorMessage(
        name,
        trial,
        number,
        _outcome(content.get("outcome")),
        _text(content.get("reason", "")),
        _whole_or_none(content.get("parent"), "trial"),
        _whole_or_none(content.get("rule"), "rule"),
        _seconds(content.get("seconds")),
        _whole_or_none(content.get("peak_memory"), "size"),
        _whole_or_none(content.get("checkpoints"), "size") or 0,
        _amount_or_none(content.get("cpu_seconds"), "cpu_seconds"),
        gpus=gpus,
    )


def _known_format(content: Mapping[str, Any]) -> None:
    if content.get("format") != 1:
        raise MalformedError(f"it has format {content.get('format')!r}; the known one is 1")


def _attempt(name: str) -> tuple[int, int]:
    try:
        found = split_attempt(name)
    except ValueError as error:
        raise MalformedError(str(error)) from None
    if attempt_name(*found) != name:
        raise MalformedError(f"{name!r} is not an attempt, such as 7.2")
    return found


def _outcome(value: Any) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        raise MalformedError(f"{value!r} is not an outcome") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise MalformedError("its reason is not text")
    return value[:_REASON_LIMIT]


def _whole_or_none(value: Any, what: str) -> int | None:
    if value is None or (type(value) is int and 0 <= value < 1 << 63):
        return value
    raise MalformedError(f"{value!r} is not a {what}")


def _amount_or_none(value: Any, what: str) -> float | None:
    if value is None or (_finite(value) and value >= 0):
        return None if value is None else float(value)
    raise MalformedError(f"its {what} is no amount: {value!r}")


def _finite(value: Any) -> bool:
    try:
        return type(value) in (int, float) and math.isfinite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _seconds(value: Any) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, dict) or not all(map(_finite, value.values())):
        raise MalformedError("its seconds are not numbers by name")
    return {str(name): float(spent) for name, spent in value.items()}

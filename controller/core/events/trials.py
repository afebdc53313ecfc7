"""Verdicts, and what a user requests for one trial."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from controller.core.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictAsked:
    """Decision: rename a verdict by the controller onto `trials/N`, unless one exists there."""

    at: float
    trial: int
    state: State
    reason: str
    kind: Literal["verdict-asked"] = "verdict-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSeen:
    """The manifest in `trials/N` was read."""

    at: float
    trial: int
    state: State
    reason: str = ""
    number: int | None = None  # the attempt that committed, if one did
    value: float | None = None  # of the first objective
    values: dict[str, float] | None = None  # by name, of named objectives
    result: Any = None
    weights: bool = False
    size: int = 0  # bytes of weights
    shared: int = 0  # bytes that are stored once for the trial and an ancestor
    kind: Literal["verdict-seen"] = "verdict-seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckAsked:
    """Decision: check whether `trials/N` exists, before the trial is tried again."""

    at: float
    trial: int
    kind: Literal["look-asked"] = "look-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoVerdict:
    """The check found no `trials/N`."""

    at: float
    trial: int
    kind: Literal["no-verdict"] = "no-verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """A user cancels one trial."""

    at: float
    trial: int
    by: str = ""  # the user
    kind: Literal["cancel-asked"] = "cancel-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked:
    """A user retries an ended trial: a new trial with the same parameters and parents."""

    at: float
    trial: int
    request: str = ""  # its name in the inbox; a request that is received twice counts once
    by: str = ""  # the user
    kind: Literal["retry-asked"] = "retry-asked"

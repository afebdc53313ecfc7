"""Garbage collection of weights, and room on the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class GcAsked:
    """A user requests garbage collection: remove weights that are neither kept nor needed."""

    at: float
    kind: Literal["collection-asked"] = "collection-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentsAsked:
    """Decision: call `may_be_parent` for each of these trials."""

    at: float
    trials: tuple[int, ...]
    kind: Literal["parents-asked"] = "parents-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentsAnswered:
    """The tuner answered which of `trials` it may still name as parents (`possible`)."""

    at: float
    trials: tuple[int, ...]
    possible: tuple[int, ...]
    kind: Literal["parents-said"] = "parents-said"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalAsked:
    """Decision: remove the weights of these trials; no trial may start from them any more.

    Also remove the files that these attempts left without a commit.
    """

    at: float
    trials: tuple[int, ...] = ()
    attempts: tuple[tuple[int, int], ...] = ()
    kind: Literal["removal-asked"] = "removal-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """These were removed. `problem`: why the others of the decision could not be removed."""

    at: float
    trials: tuple[int, ...] = ()
    attempts: tuple[tuple[int, int], ...] = ()
    size: int = 0  # bytes whose names were removed; bytes that other trials share stay
    problem: str = ""
    kind: Literal["removed"] = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointsRemovalAsked:
    """Decision: remove the checkpoints of these attempts, since no attempt can continue there."""

    at: float
    attempts: tuple[tuple[int, int], ...]
    kind: Literal["checkpoints-removal-asked"] = "checkpoints-removal-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointsRemoved:
    """These were removed. `problem`: why the others of the decision could not be removed."""

    at: float
    attempts: tuple[tuple[int, int], ...]
    problem: str = ""
    kind: Literal["checkpoints-removed"] = "checkpoints-removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomShort:
    """Decision: place no attempts, because the store may lack room for their weights."""

    at: float
    free: int  # bytes
    needed: int  # bytes for the attempts on nodes, one more attempt, and the reserve
    kind: Literal["room-short"] = "room-short"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomBack:
    """Decision: the store has enough room again."""

    at: float
    free: int  # bytes
    kind: Literal["room-back"] = "room-back"

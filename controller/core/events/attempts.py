"""The life of an attempt on its node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from controller.core.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Decision: assign an attempt to a node, in the next wave."""

    at: float
    trial: int
    number: int
    node: str
    restore: tuple[int, ...] = ()
    distance: float | None = None  # of `restore`, if it was chosen as the nearest trial
    kind: Literal["placed"] = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """The node confirmed that the attempt's supervisor runs."""

    at: float
    trial: int
    number: int
    kind: Literal["armed"] = "armed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """The attempt runs the command that prepares its node. Other attempts there wait for it."""

    at: float
    trial: int
    number: int
    kind: Literal["preparing"] = "preparing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The attempt has prepared its node."""

    at: float
    trial: int
    number: int
    kind: Literal["prepared"] = "prepared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The attempt's process started; `started_at` is the time on its node's clock."""

    at: float
    trial: int
    number: int
    started_at: float | None = None
    gpus: float | None = None  # of its slots; one that several slots name counts in parts
    kind: Literal["began"] = "began"


Metrics = dict[str, float | None]  # by name; None for a number that is not finite


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuedFrom:
    """The attempt starts from the checkpoint of an earlier one. It precedes its reports."""

    at: float
    trial: int
    number: int
    source: int  # the number of the earlier attempt
    step: int  # that the checkpoint contains
    kind: Literal["continued-from"] = "continued-from"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The trial reported an intermediate value, perhaps with further metrics."""

    at: float
    trial: int
    number: int
    step: int
    value: Any
    metrics: Metrics | None = None
    kind: Literal["reported"] = "reported"

    @property
    def reports(self) -> Sequence[tuple[int, Any]]:
        """The step and the value, as of `ReportedMany`."""
        return ((self.step, self.value),)

    @property
    def rows(self) -> Sequence[Metrics | None]:
        """The metrics of each report; empty where none has any."""
        return () if self.metrics is None else (self.metrics,)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMany:
    """The trial reported intermediate values, which were read at once.

    `steps` and `values` have one entry for each report. So has `metrics`, if a report has any.
    """

    at: float
    trial: int
    number: int
    steps: tuple[int, ...]
    values: tuple[Any, ...]
    metrics: tuple[Metrics | None, ...] | None = None
    kind: Literal["reported-many"] = "reported-many"

    @property
    def reports(self) -> Sequence[tuple[int, Any]]:
        """Each step and value, in order."""
        return tuple(zip(self.steps, self.values, strict=True))

    @property
    def rows(self) -> Sequence[Metrics | None]:
        """The metrics of each report; empty where none has any."""
        return self.metrics or ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The attempt ended. `parent`: the trial whose missing or damaged weights ended it."""

    at: float
    trial: int
    number: int
    outcome: Outcome
    reason: str = ""
    parent: int | None = None
    seconds: dict[str, float] | None = None  # of waiting, verifying, running and committing
    rule: int | None = None  # which of the experiment's retry rules fits the failure
    peak_memory: int | None = None  # bytes, of the largest process of the trial
    checkpoints: int = 0  # bytes of the checkpoints that the attempt leaves
    cpu_seconds: float | None = None  # of all processes of the trial
    gpus: float | None = None  # as in `Began`, which may be lost
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAsked:
    """Decision: end an attempt on its node. `how`: stopped, cancelled or recalled."""

    at: float
    trial: int
    number: int
    how: Outcome
    reason: str = ""
    kind: Literal["end-asked"] = "end-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAdvised:
    """The assessor advises to stop the trial. `number`: the attempt that it assessed, if given."""

    at: float
    trial: int
    reason: str
    number: int | None = None
    kind: Literal["stop-advised"] = "stop-advised"

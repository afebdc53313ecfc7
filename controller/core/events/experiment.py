"""The experiment's beginning and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The experiment was created. Holds what a resumed controller needs."""

    at: float
    name: str
    root: str  # the experiment's directory on the store
    code: str  # digests of the snapshots on the store
    runtime: str
    seed: int
    inventory: str
    python: str = ""  # the interpreter of trials on the controller's machine; "": the controller's
    python_from: str = ""  # what named it
    kind: Literal["created"] = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A controller opened the experiment: a new one, or with `resumed` an earlier one."""

    at: float
    resumed: bool = False
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """The experiment ends, by a user or a failed tuner: trials without a verdict are cancelled."""

    at: float
    reason: str
    kind: Literal["stop-asked"] = "stop-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Every trial has a verdict and the tuner has observed every result."""

    at: float
    reason: str
    kind: Literal["closed"] = "closed"

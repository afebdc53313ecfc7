"""The experiment's beginning and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


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
    passes_bounds: bool = False  # whether the runtime takes the bounds of objectives
    passes_candidate: bool = False  # whether the runtime takes `candidate` in a spec
    costs: dict[str, Any] | None = None  # of the candidates of `model` (heirloom/nas/costs.py)
    kind: Literal["created"] = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A controller opened the experiment: a new one, or with `resumed` an earlier one."""

    at: float
    resumed: bool = False
    keep_going: bool = False  # whether trials that fail alike do not pause the search
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControllerAlive:
    """The controller runs, although nothing has happened for a while. Its time counts."""

    at: float
    kind: Literal["alive"] = "alive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paused:
    """Decision: start nothing more, because these trials failed alike.

    Attempts whose process runs go on. The pause lasts until `Continued` or `Opened`.
    """

    at: float
    reason: str
    trials: tuple[int, ...]
    kind: Literal["paused"] = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Continued:
    """A user ends the pause. Failures are counted anew."""

    at: float
    kind: Literal["continued"] = "continued"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetExtended:
    """A user extends the budget. Both limits are those in force from now on; None: no limit."""

    at: float
    trials: int | None = None
    duration: float | None = None  # seconds
    by: str = ""  # the user
    request: str = ""  # its name in the inbox; a request that is received twice counts once
    kind: Literal["budget-extended"] = "budget-extended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportAsked:
    """Decision: import trials of another experiment, before the first proposal.

    They become trials 0, 1, … in the order of `trials`.
    """

    at: float
    experiment: str  # the other experiment's name
    root: str  # its directory on the store
    trials: tuple[int, ...]  # their ids there
    candidates: tuple[dict[str, Any], ...]  # the params of each
    no_candidates: tuple[int, ...] = ()  # those of `trials` whose value counts for no best
    kind: Literal["import-asked"] = "import-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A trial of another experiment was imported: its weights are this trial's, committed."""

    at: float
    trial: int
    value: float | None = None  # of the first objective
    values: dict[str, float] | None = None  # by name, of named objectives
    result: Any = None
    size: int = 0  # bytes of weights
    kind: Literal["imported"] = "imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """The experiment ends, by a user or a failed tuner: trials without a verdict are cancelled."""

    at: float
    reason: str
    by: str = ""  # the user
    kind: Literal["stop-asked"] = "stop-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Every trial has a verdict and the tuner has observed every result."""

    at: float
    reason: str
    kind: Literal["closed"] = "closed"

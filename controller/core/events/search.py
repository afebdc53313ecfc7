"""The exchange with the tuner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalAsked:
    """Decision: call `propose(trial)`."""

    at: float
    trial: int
    kind: Literal["proposal-asked"] = "proposal-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerDeclared:
    """What the tuner declares about itself, after `Opened`, unless all of it is the default."""

    at: float
    lookahead: int | None = None  # where the experiment file has none
    concludes: bool = False  # whether `conclude` may return proposals
    kind: Literal["tuner-declared"] = "tuner-declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The tuner proposed a trial, or a user requested a retry of one."""

    at: float
    trial: int
    params: dict[str, Any]
    parents: tuple[int, ...] = ()
    retry_of: int | None = None
    token: int | None = None  # the tuner's own number for the proposal; opaque to the core
    concludes: bool = False  # from `Concluded`: the budget does not count it
    candidate: bool = True  # whether its value counts for the best
    kind: Literal["proposed"] = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalWithheld:
    """The tuner proposes nothing until it knows more results.

    `coming`: it is computing a proposal; `TunerReady` follows when it can be asked again.
    """

    at: float
    trial: int
    coming: bool = False
    kind: Literal["proposal-withheld"] = "proposal-withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerReady:
    """A tuner that announced a proposal (`coming`) can be asked again."""

    at: float
    kind: Literal["tuner-ready"] = "tuner-ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalGivenUp:
    """A proposal took the tuner too long. What it returns for it later is ignored."""

    at: float
    token: int
    reason: str
    kind: Literal["proposal-given-up"] = "proposal-given-up"


@dataclass(frozen=True, slots=True)
class LastTrial:
    """A trial that the tuner proposes at the end of its search."""

    params: dict[str, Any]
    parents: tuple[int, ...] = ()
    candidate: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConclusionAsked:
    """Decision: call `conclude()`. The budget is used up and the tuner has every result."""

    at: float
    kind: Literal["conclusion-asked"] = "conclusion-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """The tuner proposed the last trials of its search."""

    at: float
    trials: tuple[LastTrial, ...] = ()
    kind: Literal["concluded"] = "concluded"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEnded:
    """No further proposal is requested. `error`: because the tuner failed."""

    at: float
    reason: str
    error: bool = False
    exhausted: bool = False  # because the budget is used up
    traceback: str = ""  # of the user's code; shown to the user
    kind: Literal["search-ended"] = "search-ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSent:
    """Decision: call `observe` with the trial's result."""

    at: float
    trial: int
    kind: Literal["told"] = "told"

"""Everything that changes an experiment, as values: the rows of the journal.

An event says either what happened (`Began`, `VerdictSeen`) or what was decided (`Placed`,
`VerdictAsked`); a decision is journaled like any event and carried out afterwards. `at` is the
controller's wall clock in seconds since the epoch, set by the loop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from controller.core.model import NodeInfo, Outcome, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The experiment was made: what a controller that takes it up must find again."""

    at: float
    name: str
    root: str  # the experiment's directory on the store
    code: str  # digests of the snapshots there
    runtime: str
    seed: int
    inventory: str
    kind: Literal["created"] = "created"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A controller took the experiment up, for the first time or again."""

    at: float
    resumed: bool = False
    kind: Literal["opened"] = "opened"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesFound:
    """The inventory was read; these are the nodes from now on."""

    at: float
    nodes: tuple[NodeInfo, ...]
    kind: Literal["nodes-found"] = "nodes-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalAsked:
    """Decision: call `propose(trial)`."""

    at: float
    trial: int
    kind: Literal["proposal-asked"] = "proposal-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """The tuner proposed a trial (or a person asked for a retry of one)."""

    at: float
    trial: int
    params: dict[str, Any]
    parents: tuple[int, ...] = ()
    retry_of: int | None = None
    parameter_id: int | None = None  # the tuner's own number of it, where it counts calls
    kind: Literal["proposed"] = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalWithheld:
    """The tuner has nothing to propose until more is known.

    `coming`: it is at a proposal, and `TunerReady` will say when to ask again.
    """

    at: float
    trial: int
    coming: bool = False
    kind: Literal["proposal-withheld"] = "proposal-withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class TunerReady:
    """A tuner whose proposal was coming wants to be asked again."""

    at: float
    kind: Literal["tuner-ready"] = "tuner-ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalGivenUp:
    """The tuner stood still over a proposal for too long: whatever it returns is ignored."""

    at: float
    parameter_id: int
    reason: str
    kind: Literal["proposal-given-up"] = "proposal-given-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEnded:
    """No further trial will be asked for. `error` when that is because the tuner broke."""

    at: float
    reason: str
    error: bool = False
    traceback: str = ""  # of the user's code, where that is for the screen
    kind: Literal["search-ended"] = "search-ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Decision: give an attempt to a node, in the next wave."""

    at: float
    trial: int
    number: int
    node: str
    restore: tuple[int, ...] = ()
    kind: Literal["placed"] = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """The node answered that the attempt's supervisor is there."""

    at: float
    trial: int
    number: int
    kind: Literal["armed"] = "armed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Began:
    """The attempt's process started."""

    at: float
    trial: int
    number: int
    kind: Literal["began"] = "began"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The trial reported an intermediate value."""

    at: float
    trial: int
    number: int
    step: int
    value: Any
    kind: Literal["reported"] = "reported"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The attempt is over. `parent`: the trial whose lack of weights, or damage, ended it."""

    at: float
    trial: int
    number: int
    outcome: Outcome
    reason: str = ""
    parent: int | None = None
    seconds: dict[str, float] | None = None  # waiting, verifying, running, committing
    rule: int | None = None  # which of the experiment's retry rules fits the failure
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictAsked:
    """Decision: rename a verdict of the controller's onto `trials/N`, unless one stands there."""

    at: float
    trial: int
    state: State
    reason: str
    kind: Literal["verdict-asked"] = "verdict-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSeen:
    """The manifest that stands in `trials/N` was read."""

    at: float
    trial: int
    state: State
    reason: str = ""
    number: int | None = None  # the attempt that committed, if one did
    value: float | None = None
    result: Any = None
    weights: bool = False
    size: int = 0  # bytes of weights
    shared: int = 0  # bytes of them that are stored once for an ancestor and the trial
    kind: Literal["verdict-seen"] = "verdict-seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAsked:
    """Decision: see whether `trials/N` stands there, before the trial is tried again."""

    at: float
    trial: int
    kind: Literal["look-asked"] = "look-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoVerdict:
    """The look found no `trials/N`."""

    at: float
    trial: int
    kind: Literal["no-verdict"] = "no-verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDown:
    """The node does not answer; nothing is placed there until it does."""

    at: float
    node: str
    reason: str
    kind: Literal["node-down"] = "node-down"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUp:
    """The node answers again."""

    at: float
    node: str
    kind: Literal["node-up"] = "node-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSetAside:
    """Decision: place nothing on the node, on which one trial after the other went wrong.

    It is asked whether it is well after `wait` seconds, and again until it is.
    """

    at: float
    node: str
    reason: str
    wait: float
    kind: Literal["node-set-aside"] = "node-set-aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Decision: call `observe` with the trial's end."""

    at: float
    trial: int
    kind: Literal["told"] = "told"


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
    """The assessor calls the trial hopeless. `number`: the attempt it judged, if it says so."""

    at: float
    trial: int
    reason: str
    number: int | None = None
    kind: Literal["stop-advised"] = "stop-advised"


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAsked:
    """A person cancels one trial."""

    at: float
    trial: int
    kind: Literal["cancel-asked"] = "cancel-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryAsked:
    """A person wants an ended trial run again, as a new trial with its parameters and parents."""

    at: float
    trial: int
    request: str = ""  # its name in the inbox: one that is received twice counts once
    kind: Literal["retry-asked"] = "retry-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionAsked:
    """A person wants the weights removed that nobody keeps and nobody may read any more."""

    at: float
    kind: Literal["collection-asked"] = "collection-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentsAsked:
    """Decision: call `may_be_parent` for each of these trials."""

    at: float
    trials: tuple[int, ...]
    kind: Literal["parents-asked"] = "parents-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParentsSaid:
    """The tuner said which of `trials` it may still name as parents, and so which it will not."""

    at: float
    trials: tuple[int, ...]
    possible: tuple[int, ...]
    kind: Literal["parents-said"] = "parents-said"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalAsked:
    """Decision: remove the weights of these trials, from which nobody may start any more.

    And what these attempts, which did not commit, left on the store.
    """

    at: float
    trials: tuple[int, ...] = ()
    attempts: tuple[tuple[int, int], ...] = ()
    kind: Literal["removal-asked"] = "removal-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """These are gone. `problem`: why others, which were to go, could not be removed."""

    at: float
    trials: tuple[int, ...] = ()
    attempts: tuple[tuple[int, int], ...] = ()
    size: int = 0  # bytes whose names went; what other trials share stays stored
    problem: str = ""
    kind: Literal["removed"] = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomShort:
    """Decision: hand out no trials, since the store may not have the room for their weights."""

    at: float
    free: int  # bytes
    needed: int  # bytes, for the attempts under way, one more, and the reserve
    kind: Literal["room-short"] = "room-short"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomBack:
    """Decision: the store has room again."""

    at: float
    free: int  # bytes
    kind: Literal["room-back"] = "room-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """A person (or a broken tuner) ends the experiment: trials without a verdict are cancelled."""

    at: float
    reason: str
    kind: Literal["stop-asked"] = "stop-asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Everything has its verdict and the tuner has been told."""

    at: float
    reason: str
    kind: Literal["closed"] = "closed"


Event = (
    Created
    | Opened
    | NodesFound
    | ProposalAsked
    | Proposed
    | ProposalWithheld
    | TunerReady
    | ProposalGivenUp
    | SearchEnded
    | Placed
    | Armed
    | Began
    | Reported
    | Ended
    | VerdictAsked
    | VerdictSeen
    | LookAsked
    | NoVerdict
    | NodeDown
    | NodeUp
    | NodeSetAside
    | Told
    | EndAsked
    | StopAdvised
    | CancelAsked
    | RetryAsked
    | CollectionAsked
    | ParentsAsked
    | ParentsSaid
    | RemovalAsked
    | Removed
    | RoomShort
    | RoomBack
    | StopAsked
    | Closed
)

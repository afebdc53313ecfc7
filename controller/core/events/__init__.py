"""Every change of an experiment, as a value: the rows of the journal.

An event says either what happened (`Began`, `VerdictSeen`) or what was decided (`Placed`,
`VerdictAsked`). A decision is journaled first and carried out afterwards. `at` is the
controller's wall clock in seconds since the epoch, set by the loop.
"""

from __future__ import annotations

from controller.core.events.attempts import (
    Armed,
    Began,
    ContinuedFrom,
    EndAsked,
    Ended,
    Placed,
    Prepared,
    Preparing,
    Reported,
    ReportedMany,
    StopAdvised,
)
from controller.core.events.experiment import (
    BudgetExtended,
    Closed,
    Continued,
    ControllerAlive,
    Created,
    ImportAsked,
    Imported,
    Opened,
    Paused,
    StopAsked,
)
from controller.core.events.nodes import (
    NodeDown,
    NodeSetAside,
    NodesFound,
    NodeUp,
)
from controller.core.events.search import (
    Concluded,
    ConclusionAsked,
    LastTrial,
    ProposalAsked,
    ProposalGivenUp,
    ProposalWithheld,
    Proposed,
    ResultSent,
    SearchEnded,
    TunerDeclared,
    TunerReady,
)
from controller.core.events.trials import (
    CancelAsked,
    CheckAsked,
    NoVerdict,
    RetryAsked,
    VerdictAsked,
    VerdictSeen,
)
from controller.core.events.weights import (
    CheckpointsRemovalAsked,
    CheckpointsRemoved,
    GcAsked,
    ParentsAnswered,
    ParentsAsked,
    RemovalAsked,
    Removed,
    RoomBack,
    RoomShort,
)

Event = (
    Created
    | Opened
    | NodesFound
    | ProposalAsked
    | Proposed
    | ProposalWithheld
    | TunerDeclared
    | TunerReady
    | ProposalGivenUp
    | ConclusionAsked
    | Concluded
    | SearchEnded
    | Placed
    | Armed
    | Preparing
    | Prepared
    | Began
    | ContinuedFrom
    | Reported
    | ReportedMany
    | Ended
    | VerdictAsked
    | VerdictSeen
    | CheckAsked
    | NoVerdict
    | NodeDown
    | NodeUp
    | NodeSetAside
    | ResultSent
    | EndAsked
    | StopAdvised
    | CancelAsked
    | RetryAsked
    | GcAsked
    | ParentsAsked
    | ParentsAnswered
    | RemovalAsked
    | Removed
    | CheckpointsRemovalAsked
    | CheckpointsRemoved
    | RoomShort
    | RoomBack
    | ControllerAlive
    | Paused
    | Continued
    | BudgetExtended
    | ImportAsked
    | Imported
    | StopAsked
    | Closed
)

__all__ = [
    "Armed",
    "Began",
    "BudgetExtended",
    "CancelAsked",
    "CheckAsked",
    "CheckpointsRemovalAsked",
    "CheckpointsRemoved",
    "Closed",
    "Concluded",
    "ConclusionAsked",
    "Continued",
    "ContinuedFrom",
    "ControllerAlive",
    "Created",
    "EndAsked",
    "Ended",
    "Event",
    "GcAsked",
    "ImportAsked",
    "Imported",
    "LastTrial",
    "NoVerdict",
    "NodeDown",
    "NodeSetAside",
    "NodeUp",
    "NodesFound",
    "Opened",
    "ParentsAnswered",
    "ParentsAsked",
    "Paused",
    "Placed",
    "Prepared",
    "Preparing",
    "ProposalAsked",
    "ProposalGivenUp",
    "ProposalWithheld",
    "Proposed",
    "RemovalAsked",
    "Removed",
    "Reported",
    "ReportedMany",
    "ResultSent",
    "RetryAsked",
    "RoomBack",
    "RoomShort",
    "SearchEnded",
    "StopAdvised",
    "StopAsked",
    "TunerDeclared",
    "TunerReady",
    "VerdictAsked",
    "VerdictSeen",
]

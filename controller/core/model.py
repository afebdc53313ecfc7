"""Trials, attempts, nodes, the states they pass through, and the rules of an experiment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from heirloom.objective import Objectives
from heirloom.space import Space

Params = Mapping[str, Any]


class State(StrEnum):
    """The state of a trial. The last five are verdicts, which are final."""

    WAITING = "waiting"  # a parent has no verdict yet
    READY = "ready"  # every parent is committed; the trial is not on a node
    ARMED = "armed"  # on a node, waiting for a parent or a slot
    RUNNING = "running"  # its process runs
    SUCCEEDED = "succeeded"  # committed
    FAILED = "failed"  # no attempt is left
    STOPPED = "stopped"  # ended early by an assessor; its weights are kept
    SKIPPED = "skipped"  # a parent ended without weights
    CANCELLED = "cancelled"  # a user ended it

    @property
    def is_verdict(self) -> bool:
        """Whether the trial has ended."""
        return self in _VERDICTS


_VERDICTS = frozenset(
    {State.SUCCEEDED, State.FAILED, State.STOPPED, State.SKIPPED, State.CANCELLED}
)


class Outcome(StrEnum):
    """How an attempt ended."""

    COMMITTED = "committed"  # its weights became the trial's weights
    STOPPED = "stopped"  # ended early by an assessor; its weights are committed as they stood
    BEATEN = "beaten"  # the trial had a verdict before this attempt could commit
    FAILED = "failed"  # non-zero exit, no valid result, or required weights missing
    TIMEOUT = "timeout"  # ran past the trial's timeout
    PARENT = "parent"  # a parent ended without weights
    CORRUPT = "corrupt"  # a parent's files do not match its manifest
    FULL = "full"  # the store had no room
    REFUSED = "refused"  # the node could not start it
    LOST = "lost"  # its supervisor died, or its node is out of reach
    RECALLED = "recalled"  # taken back before its process started
    CANCELLED = "cancelled"  # ended by a user

    @property
    def own_fault(self) -> bool:
        """Whether the attempt counts against the trial's `retries`."""
        return self in (Outcome.FAILED, Outcome.TIMEOUT)


class AttemptState(StrEnum):
    """The state of an attempt."""

    PLACED = "placed"  # assigned to a wave; the node has not answered
    ARMED = "armed"  # its supervisor waits on the node
    RUNNING = "running"
    ENDED = "ended"


@dataclass(slots=True)
class Attempt:
    """One execution of a trial on one node. Times are the controller's, seconds since the epoch."""

    number: int
    node: str
    restore: tuple[int, ...]  # the trials whose weights it starts from
    state: AttemptState = AttemptState.PLACED
    placed_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None
    reason: str = ""
    reports: int = 0
    # Of its own reports; before the first one, of the attempt that it continues:
    last: Any = None  # the latest value that was reported
    step: int | None = None  # the step of that report
    metrics: dict[str, float | None] = field(default_factory=dict)  # the latest of each name
    continued: tuple[int, int] | None = None  # the attempt and the step that it continues from
    rule: int | None = None  # the index of the retry rule that matches its failure
    excused: bool = False  # the node was to blame: it does not count against the trial
    has_node_time: bool = False  # whether its node said when its process began
    is_corrected: bool = False  # `started_at` and `ended_at` follow what its node measured
    run_seconds: float | None = None  # of its process, measured on its node
    cpu_seconds: float | None = None  # of all its processes; None: not measured
    gpus: float | None = None  # of its slots; one that several slots name counts in parts


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an imported trial comes from."""

    experiment: str  # the other experiment's name
    root: str  # its directory on the store
    trial: int


@dataclass(slots=True)
class Trial:
    """One candidate. `restore` starts as `parents`; `on_parent_failure` may change it."""

    id: int
    params: Params
    parents: tuple[int, ...]
    restore: tuple[int, ...]
    state: State
    proposed_at: float
    attempts: list[Attempt] = field(default_factory=list)
    value: float | None = None  # of the first objective
    values: Mapping[str, float] = field(default_factory=dict)  # by name, of named objectives
    result: Any = None  # the whole result that the trial reported
    weights: bool = False  # whether its committed directory holds weights
    reason: str = ""
    ended_at: float | None = None
    seconds: Mapping[str, float] = field(
        default_factory=dict
    )  # by phase, measured on the node, of the last attempt
    peak_memory: int | None = None  # bytes, of its largest process, in the last attempt
    size: int = 0  # bytes of weights
    shared: int = 0  # bytes that are stored once for this trial and an ancestor
    distance: float | None = None  # of `restore`, if it was chosen as the nearest trial
    restored: tuple[int, ...] = ()  # the trials whose weights the attempt with the verdict read
    committed_by: int | None = None  # the number of the attempt with the verdict, if one has it
    removed: bool = False  # whether the removal of its weights was decided
    retry_of: int | None = None
    token: int | None = None  # the tuner's own number for the proposal; opaque to the core
    candidate: bool = True  # whether its value counts for the best
    origin: Origin | None = None  # of an imported trial
    corrupt_on: tuple[str, ...] = ()  # nodes on which its weights did not match their manifest
    damaged: bool = False  # that happened on two nodes: no trial may start from them

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is on a node now, or None."""
        last = self.attempts[-1] if self.attempts else None
        return last if last is not None and last.state is not AttemptState.ENDED else None

    @property
    def cpu_seconds(self) -> float | None:
        """Processor time of all attempts for which it was measured; None if there is none."""
        known = [each.cpu_seconds for each in self.attempts if each.cpu_seconds is not None]
        return sum(known) if known else None

    @property
    def inheritable(self) -> bool:
        """Whether a child may start from its weights."""
        return self.weights and self.state.is_verdict and not (self.damaged or self.removed)

    @property
    def started_at(self) -> float | None:
        """When the latest attempt whose process started did so, or None."""
        for attempt in reversed(self.attempts):
            if attempt.started_at is not None:
                return attempt.started_at
        return None


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node of the inventory."""

    name: str
    slots: int
    gpus: int = 0


@dataclass(slots=True)
class NodeFailures:
    """Failures on a node since the last attempt that could run there."""

    row: list[tuple[int, Attempt]] = field(default_factory=list)  # in a row, by trial
    times: int = 0  # how often the node was set aside


@dataclass(slots=True)
class AlikeFailures:
    """Trials that failed alike, since a controller opened the experiment or a pause ended."""

    ended: int = 0  # trials that succeeded, were stopped, or failed by their own fault
    row: list[int] = field(default_factory=list)  # the latest of them, if they failed alike
    signature: str = ""  # of their reason
    due: str | None = None  # why the search is to be paused


class OnParentFailure(StrEnum):
    """What happens to the children of a trial that left no weights."""

    SKIP = "skip"
    SCRATCH = "scratch"
    ANCESTOR = "ancestor"


class Inherit(StrEnum):
    """Whose weights a trial starts from."""

    TUNER = "tuner"  # those of the parents that the tuner names
    NEAREST = "nearest"  # where it names none, those of the trial with the nearest params
    NONE = "none"  # nobody's


class Keep(StrEnum):
    """The policy that keeps weights which no trial can read any more."""

    ALL = "all"
    BEST = "best"  # those of the trials with the best values
    LINEAGE = "lineage"  # those of the best trial and of its ancestors


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """How a trial is retried after a failure that matches a pattern or an exit code."""

    name: str  # as the experiment file has it, for messages
    times: int = 1  # further attempts after such a failure, beside `retries`
    exclude_node: bool = False  # whether the node is to blame


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The part of an experiment's configuration that decisions depend on."""

    trials: int | None = None  # budget: the number of trials that may be proposed
    duration: float | None = None  # budget: seconds, counted while a controller runs
    concurrency: int | None = (
        None  # trials without a verdict at once; None: what the nodes may hold
    )
    lookahead: int | None = None  # attempts that wait on a node; None: as many as can run there
    slots: int = 1  # slots that one trial takes
    retries: int = 0  # further attempts after failures of the trial itself
    retry: tuple[RetryRule, ...] = ()
    infra_retries: int = 5  # further attempts after other failures, counted for each cause
    on_parent_failure: OnParentFailure = OnParentFailure.SKIP
    inherit: Inherit = Inherit.TUNER
    inherit_limit: float = 0.5  # the largest distance of a nearest trial
    space: Space | None = None  # by which `nearest` compares params
    objectives: Objectives = field(default_factory=Objectives)
    assess: bool = False  # whether reports go to an assessor
    keep: Keep = Keep.ALL
    keep_best: int = 0  # the number of trials, for Keep.BEST
    reserve: int = 64 * 2**20  # bytes that must stay free on the store


def attempt_name(trial: int, number: int) -> str:
    """`7.2` for trial 7, second attempt."""
    return f"{trial}.{number}"


def split_attempt(name: str) -> tuple[int, int]:
    """Split `7.2` into trial and number. Raises ValueError if it is no attempt's name."""
    trial, dot, number = name.partition(".")
    if not (dot and trial.isdecimal() and number.isdecimal()):
        raise ValueError(f"{name!r} is not the name of an attempt (like 7.2)")
    return int(trial), int(number)

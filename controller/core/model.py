"""What the core knows: trials, attempts, nodes, and the states they pass through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Params = Mapping[str, Any]


class State(StrEnum):
    """State of a trial. The last five are verdicts: a trial that has one never leaves it."""

    WAITING = "waiting"  # a parent has no verdict yet
    READY = "ready"  # every parent is committed; the trial is not on a node
    ARMED = "armed"  # on a node, where it waits for a parent or a slot
    RUNNING = "running"  # its process runs
    SUCCEEDED = "succeeded"  # committed
    FAILED = "failed"  # no attempt left
    STOPPED = "stopped"  # ended early by an assessor; its weights are kept
    SKIPPED = "skipped"  # a parent ended without weights
    CANCELLED = "cancelled"  # a person ended it

    @property
    def is_verdict(self) -> bool:
        """Whether the trial has ended."""
        return self in _VERDICTS


_VERDICTS = frozenset(
    {State.SUCCEEDED, State.FAILED, State.STOPPED, State.SKIPPED, State.CANCELLED}
)


class Outcome(StrEnum):
    """How an attempt ended."""

    COMMITTED = "committed"  # its weights are the trial's weights
    STOPPED = "stopped"  # ended early by an assessor; its weights are committed as they stood
    BEATEN = "beaten"  # the trial had a verdict before this attempt could commit
    FAILED = "failed"  # non-zero exit, no result, a result that is no number, weights required
    TIMEOUT = "timeout"  # ran past the trial's timeout
    PARENT = "parent"  # a parent ended without weights
    CORRUPT = "corrupt"  # a parent's files do not match its manifest
    FULL = "full"  # the store had no room
    REFUSED = "refused"  # the node could not start it
    LOST = "lost"  # its supervisor died, or its node is out of reach
    RECALLED = "recalled"  # taken back before its process started
    CANCELLED = "cancelled"  # ended at a person's word

    @property
    def own_fault(self) -> bool:
        """Whether the attempt counts against the trial's `retries`."""
        return self in (Outcome.FAILED, Outcome.TIMEOUT)


class AttemptState(StrEnum):
    """Where an attempt is."""

    PLACED = "placed"  # given to a wave; no answer yet
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
    last: Any = None  # the newest value reported
    rule: int | None = None  # which of the experiment's retry rules fits its failure
    excused: bool = False  # the node was to blame: it is not held against the trial
    stopping: Outcome | None = None  # the end asked of it: stopped, cancelled or recalled
    stopping_why: str = ""


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
    value: float | None = None
    result: Any = None  # everything the trial reported as its result
    weights: bool = False  # whether its committed directory holds weights
    reason: str = ""
    ended_at: float | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)  # on the node, of its last attempt
    size: int = 0  # bytes of weights
    shared: int = 0  # bytes of them that are stored once for an ancestor and this trial
    removed: bool = False  # whether its weights were removed, or are about to be
    retry_of: int | None = None
    parameter_id: int | None = None  # the tuner's own number of it, where it counts calls
    corrupt_on: tuple[str, ...] = ()  # nodes on which its weights did not match their manifest
    damaged: bool = False  # so on two nodes: nobody may start from it any more

    @property
    def attempt(self) -> Attempt | None:
        """The attempt that is on a node now, if any."""
        last = self.attempts[-1] if self.attempts else None
        return last if last is not None and last.state is not AttemptState.ENDED else None

    @property
    def inheritable(self) -> bool:
        """Whether a child may start from its weights."""
        return self.weights and self.state.is_verdict and not (self.damaged or self.removed)

    @property
    def started_at(self) -> float | None:
        """When the process of the newest attempt that had one started."""
        for attempt in reversed(self.attempts):
            if attempt.started_at is not None:
                return attempt.started_at
        return None


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """A node as the inventory tells of it."""

    name: str
    slots: int
    gpus: int = 0


class OnParentFailure(StrEnum):
    """What becomes of the children of a trial that left no weights."""

    SKIP = "skip"
    SCRATCH = "scratch"
    ANCESTOR = "ancestor"


class Keep(StrEnum):
    """Whose weights are kept when no trial can read them any more."""

    ALL = "all"
    BEST = "best"  # those of the trials with the best values
    LINEAGE = "lineage"  # those of the best trial and of its ancestors


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRule:
    """What becomes of a trial after a failure that a pattern or an exit code tells apart."""

    name: str  # as people wrote it, for the reason
    times: int = 1  # further attempts after such a failure, beside `retries`
    exclude_node: bool = False  # whether the node is to blame


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The part of an experiment that decisions depend on."""

    trials: int | None = None  # budget: how many trials may be proposed
    duration: float | None = None  # budget: seconds of running, counted while a controller runs
    concurrency: int | None = None  # trials without a verdict; None: what the nodes may hold
    lookahead: int | None = None  # attempts that a node holds beyond what its slots can take;
    # None: as many again
    slots: int = 1  # slots that one trial takes
    retries: int = 0  # further attempts after a failure of the trial's own
    retry: tuple[RetryRule, ...] = ()
    infra_retries: int = (
        5  # further attempts after failures that are not the trial's fault, of each cause
    )
    on_parent_failure: OnParentFailure = OnParentFailure.SKIP
    maximize: bool = True
    assess: bool = False  # whether an assessor is told of every report
    keep: Keep = Keep.ALL
    keep_best: int = 0  # how many, for Keep.BEST
    reserve: int = 64 * 2**20  # bytes of the store to be left free


def attempt_name(trial: int, number: int) -> str:
    """`7.2` for trial 7, second attempt."""
    return f"{trial}.{number}"


def split_attempt(name: str) -> tuple[int, int]:
    """The trial and the number in `7.2`. Raises ValueError when it is no attempt's name."""
    trial, dot, number = name.partition(".")
    if not (dot and trial.isdecimal() and number.isdecimal()):
        raise ValueError(f"{name!r} is not the name of an attempt (like 7.2)")
    return int(trial), int(number)

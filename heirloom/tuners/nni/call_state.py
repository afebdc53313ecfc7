"""The state of a tuner's calls, and the rules for what may start next. No threads, no I/O."""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .call import Call, LateProposal

IDLE = 60.0  # seconds that a proposal may be blocked while no trial is under way

Params = dict[str, Any]


@dataclass(eq=False)
class CallState:
    """What is running, what is waiting, and what is ready.

    Args:
        concurrent: whether a proposal may start while others are blocked.
        patience: seconds that a proposal may be blocked; None: IDLE while no trial is under way.
        next_id: the `parameter_id` of the next proposal.
    """

    concurrent: bool
    patience: float | None
    next_id: int
    room: int = 0  # proposals that the controller could take
    open_trials: int = 0  # trials without a verdict
    proposals: dict[int, Call] = field(default_factory=dict)  # running, oldest first
    ready: deque[tuple[int, Params]] = field(default_factory=deque)
    promised: dict[int, float] = field(default_factory=dict)  # to come by st_callback; since when
    callbacks: list[weakref.ref[LateProposal]] = field(default_factory=list)
    results: deque[Any] = field(default_factory=deque)  # not yet delivered
    delivery: Call | None = None
    delivered: int = 0
    awaits_result: bool = False  # the tuner had no proposal: call it again after a result
    is_closing: bool = False
    is_broken: bool = False
    idle_since: float | None = None
    abandoned: list[str] = field(default_factory=list)  # reasons, since the last result

    @property
    def newest(self) -> Call | None:
        """The proposal that started last."""
        return next(reversed(self.proposals.values()), None)

    def has_results(self) -> bool:
        """Whether a result is waiting or being delivered."""
        return bool(self.results) or self.delivery is not None

    def wants_more(self) -> bool:
        """Whether the controller could take more than what is running, ready and promised."""
        stopped = self.awaits_result or self.is_closing or self.is_broken
        taken = len(self.proposals) + len(self.ready) + len(self.promised)
        return not stopped and taken < self.room

    def is_coming(self) -> bool:
        """Whether a proposal will come without a further result."""
        pending = self.ready or self.proposals or self.promised or self.has_results()
        return not self.is_broken and bool(pending or self.wants_more())

    def is_imminent(self) -> bool:
        """Whether a proposal may come within a moment."""
        newest = self.newest
        if newest is not None and newest.blocked_since is None:
            return True
        blocked = self.delivery is not None and self.delivery.blocked_since is not None
        return not blocked and (self.has_results() or self.may_start())

    def may_start(self) -> bool:
        """Whether the next proposal may start."""
        if not self.wants_more():
            return False
        if not self.concurrent:
            return not self.proposals and not self.has_results()
        newest = self.newest
        if newest is not None and newest.blocked_since is None:
            return False
        if self.delivery is not None:
            return self.delivery.blocked_since is not None
        return not self.results

    def may_deliver(self) -> bool:
        """Whether the next result may be delivered."""
        free = self.concurrent or not self.proposals or self.is_closing
        return bool(self.results) and free

    def drop_lost_callbacks(self) -> None:
        """Forget promised proposals if the tuner no longer keeps any `st_callback`."""
        self.callbacks = [callback for callback in self.callbacks if callback() is not None]
        if self.promised and not self.callbacks:
            self.promised.clear()
            self.awaits_result = True

    def update_idle(self, now: float) -> None:
        """Note since when nothing happens that could unblock a proposal."""
        is_computing = any(call.blocked_since is None for call in self.proposals.values())
        if self.open_trials or self.ready or self.has_results() or is_computing:
            self.idle_since = None
        elif self.idle_since is None:
            self.idle_since = now

    def take_overdue(self, now: float) -> Iterator[tuple[int, Call | None, float]]:
        """Remove proposals that are overdue; yields parameter_id, call and since when.

        The call is None for a proposal that was to come by `st_callback`.
        """
        for call in list(self.proposals.values()):
            since = call.blocked_since
            if since is not None and self._is_overdue(since, now, self.patience):
                del self.proposals[call.parameter_id]
                yield call.parameter_id, call, since
        for parameter_id, since in list(self.promised.items()):
            if self._is_overdue(since, now, None):
                del self.promised[parameter_id]
                yield parameter_id, None, since

    def is_delivery_overdue(self, now: float) -> bool:
        """Whether the delivery of a result is blocked for too long, and no trial is under way."""
        since = self.delivery.blocked_since if self.delivery is not None else None
        return since is not None and not self.open_trials and now - since >= self._limit()

    def _is_overdue(self, since: float, now: float, patience: float | None) -> bool:
        if patience is not None:
            return now - since >= patience
        return self.idle_since is not None and now - max(since, self.idle_since) >= self._limit()

    def _limit(self) -> float:
        return self.patience or IDLE

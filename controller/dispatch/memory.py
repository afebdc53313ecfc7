"""A dispatcher in memory: a cluster without faults, on a virtual clock.

It simulates waves, supervisors and store together, so it also reports what the store's watch would
report. The scale benchmark and the tests of the core use it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

from controller.core import events as e
from controller.core.model import AttemptState, NodeInfo, Outcome, State, split_attempt
from controller.dispatch.interface import End, EventCallback, NodeProbe, Order, Probe, Start

Run = Callable[[Start], tuple[float, float]]  # an attempt's seconds and its value


@dataclass(slots=True)
class _Node:
    free: int
    line: deque[str] = field(default_factory=deque)  # armed attempts that wait for slots


@dataclass(slots=True)
class _Attempt:
    order: Start
    unmet: set[int]
    running: bool = False
    ended: e.Ended | None = None


class MemoryDispatcher:
    """Runs attempts in virtual time.

    Args:
        nodes: the cluster.
        run: how long an attempt takes, and its value; called when the attempt starts.
        post: takes events, those of the store included.
        latency: seconds from an order to its arrival on the node.
    """

    blocked: str | None = None

    def __init__(
        self, nodes: Iterable[NodeInfo], run: Run, post: EventCallback, latency: float = 1.5
    ) -> None:
        self.now = 0.0
        self._run = run
        self._post = post
        self._latency = latency
        self._nodes = {node.name: _Node(node.slots) for node in nodes}
        self._attempts: dict[str, _Attempt] = {}
        self._verdicts: dict[int, e.VerdictSeen] = {}
        self._waiting: dict[int, list[str]] = {}  # parent -> attempts armed for it
        self._order = count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders; they arrive `latency` seconds later."""
        self._after(self._latency, lambda: self._arrive(orders))

    def note(self, attempt: str, state: AttemptState) -> None:
        """Do nothing: the twin knows the state of its attempts."""

    def close(self, timeout: float) -> None:
        """Drop everything that has not happened yet."""
        self._agenda.clear()

    def step(self) -> bool:
        """Advance the clock to the next occurrence and let it happen; False if there is none."""
        if not self._agenda:
            return False
        self.now, _, happen = heapq.heappop(self._agenda)
        happen()
        return True

    def pass_verdict(self, trial: int, state: State, reason: str) -> None:
        """Record the controller's verdict on a trial, unless it has one; report the valid one."""
        self._record(e.VerdictSeen(at=self.now, trial=trial, state=state, reason=reason))

    def look(self, trial: int) -> None:
        """Report the verdict on a trial, or NoVerdict."""
        self._post([self._verdicts.get(trial, e.NoVerdict(at=self.now, trial=trial))])

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), happen))

    def _arrive(self, orders: Sequence[Order]) -> None:
        events: list[e.Event] = []
        for order in orders:
            if isinstance(order, NodeProbe):
                events.append(e.NodeUp(at=self.now, node=order.node))
            else:
                events.append(self._carry_out(order))
        self._post(events)

    def _carry_out(self, order: Start | End | Probe) -> e.Armed | e.Ended:
        trial, number = split_attempt(order.attempt)
        attempt = self._attempts.get(order.attempt)
        if attempt is None and not isinstance(order, End) and order.spec is not None:
            self._arm(Start(order.attempt, order.node, order.spec))
        elif attempt is None:
            outcome = Outcome(order.how) if isinstance(order, End) else Outcome.LOST
            reason = "the node has no record of it"
            return e.Ended(at=self.now, trial=trial, number=number, outcome=outcome, reason=reason)
        elif attempt.ended is not None:
            return attempt.ended
        elif isinstance(order, End):
            self._end(order)
        return e.Armed(at=self.now, trial=trial, number=number)

    def _arm(self, order: Start) -> None:
        unmet = {parent for parent in order.spec.restore if parent not in self._verdicts}
        self._attempts[order.attempt] = _Attempt(order, unmet)
        for parent in unmet:
            self._waiting.setdefault(parent, []).append(order.attempt)
        if not unmet:
            self._line_up(order.attempt)

    def _line_up(self, name: str) -> None:
        attempt = self._attempts[name]
        lost = [p for p in attempt.order.spec.restore if not self._verdicts[p].weights]
        if lost:
            self._finish(name, Outcome.PARENT, f"parent {lost[0]} left no weights", lost[0])
            return
        self._nodes[attempt.order.node].line.append(name)
        self._serve(attempt.order.node)

    def _serve(self, node_name: str) -> None:
        node = self._nodes[node_name]
        while node.line:
            attempt = self._attempts[node.line[0]]
            need = attempt.order.spec.slots
            if attempt.ended is not None:
                node.line.popleft()
            elif need <= node.free:
                node.line.popleft()
                node.free -= need
                self._begin(attempt)
            else:
                return

    def _begin(self, attempt: _Attempt) -> None:
        attempt.running = True
        trial, number = split_attempt(attempt.order.attempt)
        self._post([e.Began(at=self.now, trial=trial, number=number)])
        seconds, value = self._run(attempt.order)
        self._after(seconds, lambda: self._commit(attempt, value))

    def _commit(self, attempt: _Attempt, value: float) -> None:
        if attempt.ended is not None:
            return
        name = attempt.order.attempt
        trial, number = split_attempt(name)
        if trial in self._verdicts:
            self._finish(name, Outcome.BEATEN, "the trial has a verdict")
            return
        self._finish(name, Outcome.COMMITTED, "")
        self._record(
            e.VerdictSeen(
                at=self.now,
                trial=trial,
                state=State.SUCCEEDED,
                number=number,
                value=value,
                result={"value": value},
                weights=True,
            )
        )

    def _record(self, verdict: e.VerdictSeen) -> None:
        """Record a verdict unless the trial has one; report the valid one."""
        first = verdict.trial not in self._verdicts
        self._post([self._verdicts.setdefault(verdict.trial, verdict)])
        if first:
            self._release_children(verdict.trial)

    def _release_children(self, trial: int) -> None:
        for name in self._waiting.pop(trial, ()):
            attempt = self._attempts[name]
            attempt.unmet.discard(trial)
            if not attempt.unmet and attempt.ended is None:
                self._line_up(name)

    def _end(self, order: End) -> None:
        attempt = self._attempts[order.attempt]
        if order.how == Outcome.RECALLED and attempt.running:
            return
        self._finish(order.attempt, Outcome(order.how), order.reason)
        if order.how == Outcome.STOPPED:
            trial, number = split_attempt(order.attempt)
            self._record(
                e.VerdictSeen(
                    at=self.now,
                    trial=trial,
                    state=State.STOPPED,
                    number=number,
                    reason=order.reason,
                    weights=attempt.running,
                )
            )

    def _finish(self, name: str, outcome: Outcome, reason: str, parent: int | None = None) -> None:
        attempt = self._attempts[name]
        trial, number = split_attempt(name)
        attempt.ended = e.Ended(
            at=self.now, trial=trial, number=number, outcome=outcome, reason=reason, parent=parent
        )
        self._post([attempt.ended])
        if attempt.running:
            node = self._nodes[attempt.order.node]
            node.free += attempt.order.spec.slots
            self._serve(attempt.order.node)

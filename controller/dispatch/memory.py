"""The dispatcher's twin: a cluster without faults, in memory, on a virtual clock.

It stands for waves, supervisors and store together, so besides answering orders it posts what
the store would tell. Used by the scale benchmark and by tests of the core.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from controller.core import events as e
from controller.core.model import NodeInfo, Outcome, State, split_attempt
from controller.dispatch.interface import Answer, AnswerCallback, AttemptStatus, End, Order, Start

Run = Callable[[Start], tuple[float, float]]  # an attempt's seconds and its value


@dataclass(slots=True)
class _Node:
    free: int
    line: deque[str] = field(default_factory=deque)  # armed attempts that want slots


@dataclass(slots=True)
class _Attempt:
    order: Start
    unmet: set[int]
    running: bool = False
    ended: dict[str, Any] | None = None  # its last word, as mail has it


class MemoryDispatcher:
    """Runs attempts in virtual time.

    Args:
        nodes: the cluster.
        run: how long an attempt takes and what value it reports; asked when it starts.
        post: takes answers.
        happen: takes what the store would tell.
        latency: seconds from an order to its arrival on the node.
    """

    def __init__(
        self,
        nodes: Iterable[NodeInfo],
        run: Run,
        post: AnswerCallback,
        happen: Callable[[Sequence[e.Event]], None],
        latency: float = 1.5,
    ) -> None:
        self.now = 0.0
        self._run = run
        self._post = post
        self._happen = happen
        self._latency = latency
        self._nodes = {node.name: _Node(node.slots) for node in nodes}
        self._attempts: dict[str, _Attempt] = {}
        self._verdicts: dict[int, e.VerdictSeen] = {}
        self._waiting: dict[int, list[str]] = {}  # parent -> attempts armed for it
        self._order = count()
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders; they arrive `latency` later."""
        self._after(self._latency, lambda: self._arrive(orders))

    def close(self, timeout: float) -> None:
        """Forget what was to come."""
        self._agenda.clear()

    def step(self) -> bool:
        """Let the next thing happen; False when nothing is to come."""
        if not self._agenda:
            return False
        self.now, _, happen = heapq.heappop(self._agenda)
        happen()
        return True

    def pass_verdict(self, trial: int, state: State, reason: str) -> None:
        """What the store does for the controller: the first verdict stands."""
        self._stand(e.VerdictSeen(at=self.now, trial=trial, state=state, reason=reason))

    def look(self, trial: int) -> None:
        """Tell of the verdict that stands, or that there is none."""
        none = e.NoVerdict(at=self.now, trial=trial)
        self._happen([self._verdicts.get(trial, none)])

    def _after(self, seconds: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self.now + seconds, next(self._order), happen))

    def _arrive(self, orders: Sequence[Order]) -> None:
        answers = []
        for order in orders:
            found, ended = self._find(order.attempt)
            if isinstance(order, Start) and found is AttemptStatus.ABSENT:
                found = AttemptStatus.STARTED
                self._arm(order)
            elif isinstance(order, End) and found is AttemptStatus.RUNNING:
                self._end(order)
            answers.append(Answer(order, found, outcome=ended))
        self._post(answers)

    def _find(self, name: str) -> tuple[AttemptStatus, dict[str, Any] | None]:
        attempt = self._attempts.get(name)
        if attempt is None:
            return AttemptStatus.ABSENT, None
        if attempt.ended is None:
            return AttemptStatus.RUNNING, None
        return AttemptStatus.ENDED, attempt.ended

    def _arm(self, order: Start) -> None:
        restore: Sequence[int] = order.spec["restore"]
        unmet = {parent for parent in restore if parent not in self._verdicts}
        self._attempts[order.attempt] = _Attempt(order, unmet)
        for parent in unmet:
            self._waiting.setdefault(parent, []).append(order.attempt)
        if not unmet:
            self._line_up(order.attempt)

    def _line_up(self, name: str) -> None:
        attempt = self._attempts[name]
        lost = [p for p in attempt.order.spec["restore"] if not self._verdicts[p].weights]
        if lost:
            self._finish(name, Outcome.PARENT, f"parent {lost[0]} left no weights", lost[0])
            return
        self._nodes[attempt.order.node].line.append(name)
        self._serve(attempt.order.node)

    def _serve(self, node_name: str) -> None:
        node = self._nodes[node_name]
        while node.line:
            attempt = self._attempts[node.line[0]]
            need = attempt.order.spec["slots"]
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
        self._happen([e.Began(at=self.now, trial=trial, number=number)])
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
        self._stand(e.VerdictSeen(
            at=self.now, trial=trial, state=State.SUCCEEDED, number=number, value=value,
            result={"value": value}, weights=True,
        ))  # fmt: skip

    def _stand(self, verdict: e.VerdictSeen) -> None:
        """The verdict stands, unless one did; tell of the one that stands."""
        first = verdict.trial not in self._verdicts
        self._happen([self._verdicts.setdefault(verdict.trial, verdict)])
        if first:
            self._tell_children(verdict.trial)

    def _tell_children(self, trial: int) -> None:
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
            self._stand(e.VerdictSeen(
                at=self.now, trial=trial, state=State.STOPPED, number=number,
                reason=order.reason, weights=attempt.running,
            ))  # fmt: skip

    def _finish(self, name: str, outcome: Outcome, reason: str, parent: int | None = None) -> None:
        attempt = self._attempts[name]
        attempt.ended = {
            "format": 1, "kind": "ended", "attempt": name, "node": attempt.order.node,
            "outcome": outcome, "reason": reason, "parent": parent, "seconds": None,
        }  # fmt: skip
        trial, number = split_attempt(name)
        self._happen([
            e.Ended(
                at=self.now, trial=trial, number=number, outcome=outcome, reason=reason,
                parent=parent,
            )
        ])  # fmt: skip
        if attempt.running:
            node = self._nodes[attempt.order.node]
            node.free += attempt.order.spec["slots"]
            self._serve(attempt.order.node)

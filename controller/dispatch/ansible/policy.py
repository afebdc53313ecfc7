"""How the dispatcher reacts to answers: the events it reports, and the orders it sends next."""

from __future__ import annotations

import heapq
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

from controller.core.events import Ended, Event, NodeDown, NodeUp
from controller.core.model import AttemptState
from controller.dispatch.ansible.answers import (
    Answer,
    AttemptStatus,
    event_of,
    next_order,
    unsent_start,
)
from controller.dispatch.interface import End, NodeProbe, Order, Probe, Start

log = logging.getLogger(__name__)

RETRY_DELAY = 5.0  # seconds from a broken wave to the next order
BROKEN_WAVES = 5  # in a row, about one attempt, after which its node counts as unreachable
NODE_INTERVAL = 15.0  # seconds between two probes of a node that is down
_UNUSABLE = (AttemptStatus.UNKNOWN, AttemptStatus.UNREACHABLE, AttemptStatus.REFUSED)


class WavePolicy:
    """Decides which orders travel next and which events follow from their answers.

    It has no thread and no timer: after each call, send what `due` returns, and call `due` again
    in `wait()` seconds. `clock` is monotonic, `now` gives the time of events; both in seconds.
    """

    def __init__(self, clock: Callable[[], float], now: Callable[[], float]) -> None:
        self.blocked: str | None = None  # why no wave can leave this machine
        self._clock, self._now = clock, now
        self._attempts: dict[str, AttemptState] = {}  # those with orders, until they end
        self._down: set[str] = set()
        self._set_aside: set[str] = set()
        self._node_probes: dict[str, NodeProbe] = {}  # the valid one of each node that is down
        self._broken: Counter[tuple[str, str]] = Counter()  # waves in a row, by attempt and node
        self._ready: list[Order] = []
        self._delayed: list[tuple[float, int, Order]] = []
        self._count = count()

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders from the loop."""
        for order in orders:
            match order:
                case NodeProbe():
                    self._take_node_probe(order)
                    continue
                case Start():
                    self._attempts[order.attempt] = AttemptState.PLACED
                case Probe() if order.spec is not None:
                    self._attempts.setdefault(order.attempt, AttemptState.PLACED)
                case Probe() | End():
                    self._attempts.setdefault(order.attempt, AttemptState.ARMED)
            self._ready.append(order)

    def note(self, attempt: str, state: AttemptState) -> None:
        """Take what the store says about an attempt: RUNNING or ENDED."""
        if state is AttemptState.ENDED:
            self._attempts.pop(attempt, None)
        elif attempt in self._attempts:
            self._attempts[attempt] = state

    def receive(self, answers: Sequence[Answer]) -> list[Event]:
        """Take answers; return the events that follow."""
        return [event for answer in answers for event in self._receive(answer)]

    def due(self) -> list[Order]:
        """Remove and return the orders that are to be sent now."""
        orders, self._ready = self._ready, []
        while self._delayed and self._delayed[0][0] <= self._clock():
            order = heapq.heappop(self._delayed)[2]
            if self._is_valid(order):
                orders.append(order)
        return orders

    def wait(self) -> float | None:
        """Seconds until further orders are due; None if there are none."""
        if self._ready:
            return 0.0
        return max(0.0, self._delayed[0][0] - self._clock()) if self._delayed else None

    def _is_valid(self, order: Order) -> bool:
        """Whether a delayed order still has a subject: a node that is down, a living attempt."""
        if isinstance(order, NodeProbe):
            return self._node_probes.get(order.node) is order
        return order.attempt in self._attempts

    def _take_node_probe(self, order: NodeProbe) -> None:
        self._down.add(order.node)
        if order.set_aside:
            self._set_aside.add(order.node)
        self._node_probes[order.node] = order
        self._delay(NODE_INTERVAL if order.delay is None else order.delay, order)

    def _receive(self, answer: Answer) -> list[Event]:
        self.blocked = answer.reason if answer.ours else None
        answer = self._count_broken(answer)
        order = answer.order
        if isinstance(order, NodeProbe):
            return self._receive_node_probe(order, answer)
        events = self._node_event(answer)
        state = self._attempts.get(order.attempt)
        if state is None:
            return events
        if (start := unsent_start(answer, state)) is not None:
            self._ready.append(start)
        elif (again := next_order(answer)) is not None:
            self._delay(RETRY_DELAY, again)
        elif (event := event_of(answer, state, self._now())) is not None:
            if isinstance(event, Ended):
                self.note(order.attempt, AttemptState.ENDED)
            elif state is AttemptState.PLACED:
                self.note(order.attempt, AttemptState.ARMED)
            events.append(event)
        return events

    def _receive_node_probe(self, order: NodeProbe, answer: Answer) -> list[Event]:
        if not self._is_valid(order):
            return self._node_event(answer)
        if answer.found in _UNUSABLE:
            self._delay(NODE_INTERVAL, order)
            return []
        self._set_aside.discard(order.node)
        return self._node_event(answer)

    def _node_event(self, answer: Answer) -> list[Event]:
        """NodeDown or NodeUp, where the answer shows a change."""
        node = answer.order.node
        if answer.found is AttemptStatus.UNREACHABLE:
            if node in self._down:
                return []
            self._down.add(node)
            return [NodeDown(at=self._now(), node=node, reason=answer.reason)]
        answered = answer.found is not AttemptStatus.UNKNOWN
        if not answered or node not in self._down or node in self._set_aside:
            return []
        self._down.discard(node)
        self._node_probes.pop(node, None)
        return [NodeUp(at=self._now(), node=node)]

    def _count_broken(self, answer: Answer) -> Answer:
        """Count broken waves. After too many in a row their node counts as unreachable."""
        order = answer.order
        subject = ("" if isinstance(order, NodeProbe) else order.attempt, order.node)
        if answer.found is not AttemptStatus.UNKNOWN:
            self._broken.pop(subject, None)
            return answer
        log.warning("%s %s on %s: %s", type(order).__name__.lower(), *subject, answer.reason)
        self._broken[subject] += not answer.ours
        if self._broken[subject] < BROKEN_WAVES:
            return answer
        return replace(answer, found=AttemptStatus.UNREACHABLE)

    def _delay(self, seconds: float, order: Order) -> None:
        heapq.heappush(self._delayed, (self._clock() + seconds, next(self._count), order))

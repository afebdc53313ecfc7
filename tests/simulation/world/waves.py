"""SSH and Ansible: the dispatcher's waves, which may break, arrive late or lose their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from controller.core.model import AttemptState
from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.policy import WavePolicy
from controller.dispatch.ansible.runner import Reply
from controller.dispatch.ansible.waves import Wave, take, wire_name
from controller.dispatch.interface import End, EventCallback, Order, Start

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab
    from tests.simulation.world.node import Node

_WAVES = 2  # at once
_DEADLINE = 120.0  # seconds
_LATEST = 300.0  # seconds until a wave that was given up reaches its node
_CONNECT = (1.0, 12.0)  # seconds until a connection attempt fails


class Waves:
    """A dispatcher with the real policy. Waves outlive the controller that sent them."""

    def __init__(self, lab: Lab, listed: set[str], post: EventCallback) -> None:
        self._lab, self._listed, self._post = lab, listed, post
        self._policy = WavePolicy(lambda: lab.schedule.now, lab.wall)
        self._pending: dict[str, list[Order]] = {}
        self._busy: set[str] = set()
        self._under_way = 0
        self._closed = False
        self._timer: float | None = None  # when `_send_due` is called next

    @property
    def blocked(self) -> str | None:
        """See `Dispatcher`."""
        return self._policy.blocked

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders for the next waves."""
        self._lab.control.may_die()
        self._policy.submit(orders)
        self._send_due()

    def note(self, attempt: str, state: AttemptState) -> None:
        """See `Dispatcher`."""
        self._policy.note(attempt, state)

    def _send_due(self) -> None:
        """Queue the orders that are due, and set a timer for the next ones."""
        if self._closed:
            return
        orders = self._policy.due()
        strangers = []
        for order in orders:
            if order.node in self._listed:
                self._pending.setdefault(order.node, []).append(order)
            else:
                why = "the inventory has no such node"
                strangers.append(Answer(order, AttemptStatus.UNREACHABLE, why))
        if strangers:
            self._lab.schedule.after(0.0, lambda: self._react(strangers))
        if orders:
            self._lab.schedule.after(self._lab.rng.uniform(0.02, 0.5), self._leave)
        self._set_timer()

    def _set_timer(self) -> None:
        wait = self._policy.wait()
        if wait is None:
            return
        due = self._lab.schedule.now + max(wait, 0.001)
        if self._timer is None or due < self._timer:
            self._timer = due
            self._lab.schedule.after(max(wait, 0.001), lambda: self._timer_fires(due))

    def _timer_fires(self, due: float) -> None:
        if self._timer == due:
            self._timer = None
            self._send_due()

    def _react(self, answers: Sequence[Answer]) -> None:
        """Post the events that follow from answers, and send the orders that do."""
        if not self._closed:
            events = self._policy.receive(answers)
            if events:
                self._post(events)
            self._send_due()

    def close(self, timeout: float) -> None:
        """Drop further answers."""
        self._closed = True

    def _leave(self) -> None:
        if self._closed or self._under_way >= _WAVES:
            return
        lists = take(self._pending, self._busy)
        if not lists:
            return
        wave = Wave({name: lists[name] for name in sorted(lists)})
        self._busy |= lists.keys()
        self._under_way += 1
        left = set(lists)
        for name in sorted(lists):
            self._send(wave, self._lab.nodes[name], left)

    def _send(self, wave: Wave, node: Node, left: set[str]) -> None:
        lab, orders = self._lab, wave.lists[node.name]
        later = lab.schedule.after

        def reply(
            answers: Sequence[Mapping[str, Any]] | None, found: AttemptStatus, why: str
        ) -> None:
            if node.name in left:
                left.discard(node.name)
                self._receive(wave, Reply(node.name, answers, found, why), done=not left)

        def unknown(why: str) -> Callable[[], None]:
            return lambda: reply(None, AttemptStatus.UNKNOWN, why)

        def arrive() -> None:
            if not node.is_reachable:
                wait = lab.rng.uniform(*_CONNECT)
                later(
                    wait,
                    lambda: reply(None, AttemptStatus.UNREACHABLE, f"{node.name} is out of reach"),
                )
                return
            if lab.faults.occurs("wave dropped before"):
                later(1.0, unknown("the wave broke before it arrived"))
                return
            answers = _work(node, orders)
            if lab.faults.occurs("wave dropped after"):
                later(1.0, unknown("the wave broke on its way back"))
            else:
                later(lab.rng.uniform(0.1, 1.0), lambda: reply(answers, AttemptStatus.UNKNOWN, ""))

        def work_if_reachable() -> None:
            if node.is_reachable:
                _work(node, orders)

        if lab.faults.occurs("wave late"):
            later(lab.rng.uniform(0.0, _LATEST), work_if_reachable)
            later(_DEADLINE, unknown(f"no reply within {_DEADLINE:g} seconds"))
        else:
            later(lab.rng.uniform(0.3, 3.0), arrive)

    def _receive(self, wave: Wave, reply: Reply, *, done: bool) -> None:
        self._busy.discard(reply.node)
        self._under_way -= done
        if self._closed:
            return
        answers = wave.answers(reply)
        if self._lab.trace.is_enabled:
            for answer in answers:
                kind = type(answer.order).__name__.lower()
                what = f"{kind} {wire_name(answer.order)} on {reply.node}: {answer.found}"
                self._lab.trace.write("wave", f"{what} {answer.reason}".rstrip())
        self._react(answers)
        self._leave()


def _work(node: Node, orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Carry out the whole list in order, as the module does on a node."""
    answers = []
    for order in orders:
        if isinstance(order, Start):
            answers.append(node.start(order.spec.to_dict()))
        elif isinstance(order, End):
            answers.append(node.end(order.attempt, order.how, order.reason))
        else:
            answers.append(node.probe(wire_name(order)))
    return answers

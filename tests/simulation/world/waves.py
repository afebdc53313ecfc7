"""SSH and Ansible: the dispatcher's waves, which may break, arrive late or lose their answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from controller.dispatch.ansible.runner import Reply
from controller.dispatch.ansible.waves import Wave, take
from controller.dispatch.interface import Answer, AttemptStatus, End, Order, Start

if TYPE_CHECKING:
    from tests.simulation.world.lab import Lab
    from tests.simulation.world.node import Node

_WAVES = 2  # at once
_DEADLINE = 120.0  # seconds
_LATEST = 300.0  # seconds until a wave that was given up reaches its node
_CONNECT = (1.0, 12.0)  # seconds until a connection attempt fails


class Waves:
    """Has the interface of a dispatcher. Waves outlive the controller that sent them."""

    def __init__(
        self, lab: Lab, listed: set[str], post: Callable[[Sequence[Answer]], None]
    ) -> None:
        self._lab, self._listed, self._post = lab, listed, post
        self._pending: dict[str, list[Order]] = {}
        self._busy: set[str] = set()
        self._under_way = 0
        self._closed = False

    def submit(self, orders: Sequence[Order]) -> None:
        """Take orders for the next waves."""
        self._lab.control.may_die()
        strangers = []
        for order in orders:
            if order.node in self._listed:
                self._pending.setdefault(order.node, []).append(order)
            else:
                why = "the inventory has no such node"
                strangers.append(Answer(order, AttemptStatus.UNREACHABLE, why))
        if strangers:
            self._lab.schedule.after(0.0, lambda: self._closed or self._post(strangers))
        self._lab.schedule.after(self._lab.rng.uniform(0.02, 0.5), self._leave)

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

        if lab.faults.occurs("wave late"):
            later(lab.rng.uniform(0.0, _LATEST), lambda: node.is_reachable and _work(node, orders))
            later(_DEADLINE, unknown(f"no reply within {_DEADLINE:g} seconds"))
        else:
            later(lab.rng.uniform(0.3, 3.0), arrive)

    def _receive(self, wave: Wave, reply: Reply, *, done: bool) -> None:
        self._busy.discard(reply.node)
        self._under_way -= done
        if self._closed:
            return
        answers = wave.hear(reply)
        if self._lab.trace.is_enabled:
            for answer in answers:
                kind = type(answer.order).__name__.lower()
                what = f"{kind} {answer.order.attempt} on {reply.node}: {answer.found}"
                self._lab.trace.write("wave", f"{what} {answer.reason}".rstrip())
        self._post(answers)
        self._leave()


def _work(node: Node, orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Carry out the whole list in order, as the module does on a node."""
    answers = []
    for order in orders:
        if isinstance(order, Start):
            answers.append(node.start(order.spec))
        elif isinstance(order, End):
            answers.append(node.end(order.attempt, order.how, order.reason))
        else:
            answers.append(node.probe(order.attempt))
    return answers

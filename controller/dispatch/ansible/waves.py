"""A wave: the orders that travel together, and the answer to each of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict

from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.inventory import Node
from controller.dispatch.ansible.runner import Reply
from controller.dispatch.interface import End, NodeProbe, Order, Probe, Start

THIS_NODE = "0.0"  # no attempt's name: a probe of it checks the node itself
_REASON_LIMIT = 2000  # characters
_TURN = {End: 0, Start: 1, Probe: 2, NodeProbe: 2}  # ends first: they free slots


class Wave:
    """The orders of one run, by node. Each gets one answer."""

    def __init__(self, lists: Mapping[str, Sequence[Order]]) -> None:
        self.lists = lists
        self._open = dict(lists)
        self._lock = threading.Lock()

    def answers(self, reply: Reply) -> list[Answer]:
        """The answers to a node's orders; none if they were answered before."""
        with self._lock:
            orders = self._open.pop(reply.node, ())
        if reply.answers is None:
            return [Answer(order, reply.found, reply.reason) for order in orders]
        items = [*reply.answers, *({} for _ in orders)]  # the node may have left some out
        return [_answer(order, item) for order, item in zip(orders, items, strict=False)]

    def rest(self) -> list[Order]:
        """Remove and return the orders that have no answer yet."""
        with self._lock:
            orders = [order for left in self._open.values() for order in left]
            self._open.clear()
        return orders


def take(pending: dict[str, list[Order]], busy: Collection[str]) -> dict[str, list[Order]]:
    """Remove from `pending` the orders that can leave now: those of every node that is not busy."""
    lists = {}
    for node in pending.keys() - busy:
        orders = pending.pop(node)
        # A node handles ends before starts. So the end of an attempt that starts in this wave waits
        # for the next one.
        starting = {order.attempt for order in orders if isinstance(order, Start)}
        now: list[Order] = []
        later: list[Order] = []
        for order in orders:
            waits = isinstance(order, End) and order.attempt in starting
            (later if waits else now).append(order)
        if later:
            pending[node] = later
        lists[node] = sorted(now, key=lambda order: _TURN[type(order)])
    return lists


class ModuleArguments(TypedDict):
    """The arguments of the Ansible module `heirloom_trials`."""

    run_dir: str
    experiment: str
    slots: list[dict[str, Any]]  # {"name": NAME, "gpus": [GPU, ...]}
    python: str | None
    user: str | None
    become: bool
    ends: list[dict[str, str]]
    starts: str  # a JSON list of specs
    probes: list[str]


def wire_name(order: Order) -> str:
    """The attempt that an order names on the wire."""
    return THIS_NODE if isinstance(order, NodeProbe) else order.attempt


def arguments(node: Node, experiment: str, orders: Sequence[Order]) -> ModuleArguments:
    """The module's arguments for the orders of one node."""
    return {
        "run_dir": str(node.run_dir),
        "experiment": experiment,
        "slots": [{"name": slot.name, "gpus": list(slot.gpus)} for slot in node.slots],
        "python": node.python,
        "user": node.user,
        "become": node.become,
        "ends": [
            {"attempt": order.attempt, "how": order.how, "reason": order.reason}
            for order in orders
            if isinstance(order, End)
        ],
        # JSON in a string: Ansible would search each value of a list for templates.
        "starts": json.dumps(
            [order.spec.to_dict() for order in orders if isinstance(order, Start)]
        ),
        "probes": [wire_name(order) for order in orders if isinstance(order, Probe | NodeProbe)],
    }


def _answer(order: Order, item: Any) -> Answer:
    """One item of a node's reply; UNKNOWN if it is malformed."""
    try:
        if item["attempt"] != wire_name(order):
            raise ValueError
        reason, outcome = item.get("reason") or "", item.get("outcome")
        if not isinstance(reason, str) or not isinstance(outcome, dict | None):
            raise TypeError
        return Answer(order, AttemptStatus(item["found"]), reason[:_REASON_LIMIT], outcome)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Answer(
            order, AttemptStatus.UNKNOWN, f"the node's answer is malformed: {item!r:.200}"
        )

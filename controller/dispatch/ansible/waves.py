"""A wave: the orders that travel together, and the answers that come back for each of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from controller.dispatch.ansible.inventory import Node
from controller.dispatch.ansible.runner import Reply
from controller.dispatch.interface import Answer, AttemptStatus, End, Order, Probe, Start

_REASON_LIMIT = 2000  # characters
_TURN = {End: 0, Start: 1, Probe: 2}  # ends first: they free slots


class Wave:
    """The orders of one run, as each node is given them. Each is answered once."""

    def __init__(self, lists: Mapping[str, Sequence[Order]]) -> None:
        self.lists = lists
        self._open = dict(lists)
        self._lock = threading.Lock()

    def hear(self, reply: Reply) -> list[Answer]:
        """The answers to a node's orders; none when they were answered before."""
        with self._lock:
            orders = self._open.pop(reply.node, ())
        if reply.answers is None:
            return [Answer(order, reply.found, reply.reason) for order in orders]
        said = [*reply.answers, *({} for _ in orders)]  # a node that says too little
        return [_answer(order, item) for order, item in zip(orders, said, strict=False)]

    def rest(self) -> list[Order]:
        """Take the orders that nobody has answered."""
        with self._lock:
            orders = [order for left in self._open.values() for order in left]
            self._open.clear()
        return orders


def take(pending: dict[str, list[Order]], busy: Collection[str]) -> dict[str, list[Order]]:
    """Take from `pending` what can leave now: the orders of every node that is not busy."""
    lists = {}
    for node in pending.keys() - busy:
        orders = pending.pop(node)
        # Ends go before starts, so the end of an attempt that starts now waits for the next wave.
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


def arguments(node: Node, experiment: str, orders: Sequence[Order]) -> dict[str, Any]:
    """What the module `heirloom_trials` is given for a node."""
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
        # A string within the JSON: Ansible would look into every value of a list.
        "starts": json.dumps([order.spec for order in orders if isinstance(order, Start)]),
        "probes": [order.attempt for order in orders if isinstance(order, Probe)],
    }


def _answer(order: Order, said: Any) -> Answer:
    """One answer of the node's, taken only as far as it makes sense."""
    try:
        if said["attempt"] != order.attempt:
            raise ValueError
        reason, outcome = said.get("reason") or "", said.get("outcome")
        if not isinstance(reason, str) or not isinstance(outcome, dict | None):
            raise TypeError
        return Answer(order, AttemptStatus(said["found"]), reason[:_REASON_LIMIT], outcome)
    except (AttributeError, KeyError, TypeError, ValueError):
        return Answer(
            order, AttemptStatus.UNKNOWN, f"the node's answer makes no sense: {said!r:.200}"
        )

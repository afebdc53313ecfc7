"""Inspect all nodes in one Ansible run, with a marker on the store that each of them answers."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal, TypeVar, cast

from controller.dispatch.ansible import runner
from controller.dispatch.ansible.answers import AttemptStatus
from controller.dispatch.ansible.inventory import Inventory, Node
from controller.errors import HeirloomError
from controller.nodes.marker import Marker
from controller.state.home import user_name
from controller.store.layout import StoreError
from heirloom.node.inspect.mounts import find_mount

T = TypeVar("T")

_DEADLINE, _EACH = 30.0, 0.5  # seconds: for all nodes together, and for each node in addition
_STORE_TIMEOUT = 10.0  # seconds that one access to the store may take on this machine
_CANCEL = 5.0  # seconds that a cancelled run may take to end


@dataclass(frozen=True, slots=True)
class NodeReport:
    """The result for one node."""

    node: Node
    reach: Literal["answered", "failed", "unreachable"]
    reason: str = ""  # why it did not answer
    facts: Mapping[str, Any] | None = None  # the answer of heirloom.node.inspect.node_report
    answer_seen: bool = False  # whether the node's answer to the marker is visible here
    clock_ahead: float = 0.0  # seconds that its clock is ahead of this machine's
    clock_error: float = 0.0  # seconds by which `clock_ahead` may be wrong


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """All nodes at one moment, and the store as this machine sees it."""

    inventory: Path
    store: Path | None
    store_problem: str  # why this machine cannot use the store; then no marker was made
    mount: Mapping[str, str] | None  # its mount on this machine: point, type and source
    nodes: tuple[NodeReport, ...]


def inspect_nodes(
    inventory: Inventory,
    nodes: Sequence[Node],
    store: Path | None,
    store_problem: str = "",
    *,
    deadline: float | None = None,
    carry: Callable[[runner.Run], str] = runner.carry,
) -> ClusterReport:
    """Inspect `nodes`, and test whether they have the same store as this machine.

    A node that does not reply within `deadline` seconds counts as failed; by default the deadline
    grows with the number of nodes. `store_problem` is why this machine cannot use the store; no
    marker is made then.
    """
    marker, mount = None, None
    if deadline is None:
        deadline = _DEADLINE + _EACH * len(nodes)
    if store is not None and not store_problem:
        try:
            marker = _with_timeout(lambda: Marker(store, user_name()), store)
            mount = find_mount(os.path.realpath(store))
        except HeirloomError as error:
            store_problem = str(error)
    try:
        lists = {node.name: _asked(node, store, marker) for node in nodes}
        asked_at = time.time()
        replies, why = _ask(inventory, lists, deadline, carry)
        report = tuple(_report(node, replies.get(node.name), why, asked_at) for node in nodes)
        if marker is not None:
            report = tuple(_with_answer(each, marker, store) for each in report)
    finally:
        if marker is not None:
            with contextlib.suppress(HeirloomError):
                _with_timeout(marker.remove, store)
    return ClusterReport(inventory.path, store, store_problem, mount, report)


def _asked(node: Node, store: Path | None, marker: Marker | None) -> dict[str, Any]:
    """What the module `heirloom_inspect` is given for a node."""
    path = node.store or store
    directory = marker.directory if marker else ""
    return {
        "run_dir": str(node.run_dir),
        "slots": [{"name": slot.name, "gpus": list(slot.gpus)} for slot in node.slots],
        "python": node.python,
        "user": node.user,
        "become": node.become,
        "store": path and {"path": str(path), "node": node.name, "directory": directory},
    }


def _ask(
    inventory: Inventory,
    lists: Mapping[str, Mapping[str, Any]],
    deadline: float,
    carry: Callable[[runner.Run], str],
) -> tuple[dict[str, tuple[runner.Reply, float]], str]:
    """Each node's reply with the time at which it arrived, and why others gave none."""
    replies: dict[str, tuple[runner.Reply, float]] = {}
    whys: list[str] = []
    stop = threading.Event()
    end = time.monotonic() + deadline

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="heirloom-") as directory:
            run = runner.Run(
                lists=lists,
                inventory=inventory.path,
                work_dir=Path(directory),
                on_reply=lambda reply: replies.update({reply.node: (reply, time.time())}),
                cancelled=lambda: stop.is_set() or time.monotonic() > end,
                variables=inventory.login,
                playbook="inspect.yml",
            )
            try:
                whys.append(carry(run))
            except Exception as error:  # replies that have arrived still count
                whys.append(f"the run failed: {type(error).__name__}: {error}")

    thread = threading.Thread(target=work, name="look", daemon=True)
    thread.start()
    try:
        thread.join(deadline + _CANCEL)
    finally:  # also on KeyboardInterrupt
        stop.set()
        thread.join(_CANCEL)
    if time.monotonic() > end:
        whys = [f"no reply within {deadline:g} seconds"]
    return replies, whys[0]


def _report(
    node: Node, replied: tuple[runner.Reply, float] | None, why: str, asked_at: float
) -> NodeReport:
    if replied is None:
        return NodeReport(node, "failed", why)
    reply, now = replied
    if reply.found is AttemptStatus.UNREACHABLE:
        return NodeReport(node, "unreachable", reply.reason)
    if not reply.answers:
        return NodeReport(node, "failed", reply.reason)
    facts = reply.answers[0]
    clock_error = (now - asked_at) / 2
    return NodeReport(
        node,
        "answered",
        facts=facts,
        clock_ahead=facts["time"] - (asked_at + clock_error),
        clock_error=clock_error,
    )


def _with_answer(report: NodeReport, marker: Marker, store: Path | None) -> NodeReport:
    try:
        return replace(
            report, answer_seen=_with_timeout(lambda: marker.is_answered(report.node.name), store)
        )
    except (HeirloomError, OSError):
        return report


def _with_timeout(work: Callable[[], T], store: Path | None) -> T:
    """Call `work`, which accesses the store. Raises its exception, StoreError when it hangs."""
    outcome: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

    def do() -> None:
        try:
            outcome.put((work(), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=do, name="store", daemon=True).start()
    try:
        found, error = outcome.get(timeout=_STORE_TIMEOUT)
    except Empty:
        raise StoreError(
            f"the store {store} does not answer on this machine: check its mount and its server"
        ) from None
    if error is not None:
        raise error
    return cast(T, found)

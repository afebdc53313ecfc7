"""The nodes are looked at, in one run that each of them answers, with a marker on the store."""

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
from controller.dispatch.ansible.inventory import Inventory, Node
from controller.dispatch.interface import AttemptStatus
from controller.errors import HeirloomError
from controller.nodes.marker import Marker
from controller.state.home import user_name
from controller.store.layout import StoreError
from heirloom.node.inspect import marker as on_node

T = TypeVar("T")

_DEADLINE, _EACH = 30.0, 0.5  # seconds for all nodes together, and for each of them besides
_PATIENCE = 10.0  # seconds for this machine's own looks at the store
_CANCEL = 5.0  # seconds that a run may take to end when it is given up


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What is known of one node."""

    node: Node
    reach: Literal["answered", "failed", "unreachable"]
    reason: str = ""  # why it did not answer
    said: Mapping[str, Any] | None = None  # heirloom.node.inspect.node_report's answer
    is_ours: bool = False  # whether this machine sees the node's answer on the store
    ahead: float = 0.0  # seconds that its clock is ahead of ours, give or take `give`
    give: float = 0.0


@dataclass(frozen=True, slots=True)
class ClusterReport:
    """All nodes at one moment, and the store as this machine has it."""

    inventory: Path
    store: Path | None
    trouble: str  # why this machine cannot use the store; then no node was asked for a marker
    mount: Mapping[str, str] | None  # where it lies here: point, type and source
    nodes: tuple[NodeReport, ...]


def look(
    inventory: Inventory,
    nodes: Sequence[Node],
    store: Path | None,
    trouble: str = "",
    *,
    deadline: float | None = None,
    carry: Callable[[runner.Run], str] = runner.carry,
) -> ClusterReport:
    """Look at `nodes`, and whether they see this machine's `store`.

    Nodes that do not reply within `deadline` seconds are given up; by default it grows with their
    number. With `trouble` the store is of no use to this machine, and no marker is made.
    """
    marker, mount = None, None
    if deadline is None:
        deadline = _DEADLINE + _EACH * len(nodes)
    if store is not None and not trouble:
        try:
            marker = _patiently(lambda: Marker(store, user_name()), store)
            mount = on_node.find_mount(os.path.realpath(store))
        except HeirloomError as error:
            trouble = str(error)
    try:
        lists = {node.name: _asked(node, store, marker) for node in nodes}
        asked_at = time.time()
        replies, why = _ask(inventory, lists, deadline, carry)
        seen = tuple(_seen(node, replies.get(node.name), why, asked_at) for node in nodes)
        if marker is not None:
            seen = tuple(_with_answer(each, marker, store) for each in seen)
    finally:
        if marker is not None:
            with contextlib.suppress(HeirloomError):
                _patiently(marker.remove, store)
    return ClusterReport(inventory.path, store, trouble, mount, seen)


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
    """Each node's reply with the time at which it came, and why others gave none."""
    replies: dict[str, tuple[runner.Reply, float]] = {}
    whys: list[str] = []
    given_up = threading.Event()
    end = time.monotonic() + deadline

    def work() -> None:
        with tempfile.TemporaryDirectory(prefix="heirloom-") as directory:
            run = runner.Run(
                lists=lists,
                inventory=inventory.path,
                work_dir=Path(directory),
                heard=lambda reply: replies.update({reply.node: (reply, time.time())}),
                cancelled=lambda: given_up.is_set() or time.monotonic() > end,
                variables=inventory.login,
                playbook="inspect.yml",
            )
            try:
                whys.append(carry(run))
            except Exception as error:  # whatever broke, those who replied have replied
                whys.append(f"the run broke: {type(error).__name__}: {error}")

    thread = threading.Thread(target=work, name="look", daemon=True)
    thread.start()
    try:
        thread.join(deadline + _CANCEL)
    finally:  # Ctrl-C comes here
        given_up.set()
        thread.join(_CANCEL)
    if time.monotonic() > end:
        whys = [f"no reply within {deadline:g} seconds"]
    return replies, whys[0]


def _seen(
    node: Node, replied: tuple[runner.Reply, float] | None, why: str, asked_at: float
) -> NodeReport:
    if replied is None:
        return NodeReport(node, "failed", why)
    reply, now = replied
    if reply.found is AttemptStatus.UNREACHABLE:
        return NodeReport(node, "unreachable", reply.reason)
    if not reply.answers:
        return NodeReport(node, "failed", reply.reason)
    said = reply.answers[0]
    give = (now - asked_at) / 2
    return NodeReport(
        node, "answered", said=said, ahead=said["time"] - (asked_at + give), give=give
    )


def _with_answer(seen: NodeReport, marker: Marker, store: Path | None) -> NodeReport:
    try:
        return replace(seen, is_ours=_patiently(lambda: marker.is_answered(seen.node.name), store))
    except (HeirloomError, OSError):
        return seen


def _patiently(work: Callable[[], T], store: Path | None) -> T:
    """What `work` on the store returns. Raises what it raises, StoreError where it hangs."""
    outcome: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

    def do() -> None:
        try:
            outcome.put((work(), None))
        except Exception as error:
            outcome.put((None, error))

    threading.Thread(target=do, name="store", daemon=True).start()
    try:
        found, error = outcome.get(timeout=_PATIENCE)
    except Empty:
        raise StoreError(
            f"the store {store} does not answer on this machine: look at its mount and its server"
        ) from None
    if error is not None:
        raise error
    return cast(T, found)

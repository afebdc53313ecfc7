"""Inspection of nodes. A function stands in for the Ansible run."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.dispatch.ansible.answers import AttemptStatus
from controller.dispatch.ansible.inventory import Inventory, Node, Slot
from controller.dispatch.ansible.runner import Reply, Run
from controller.nodes import inspect as inspection
from heirloom.node.inspect import marker as on_node

NAMES = ("a", "b", "c", "d")


def look(
    store: Path | None, carry: Callable[[Run], str], **options: Any
) -> inspection.ClusterReport:
    nodes = tuple(Node(name, (Slot("0"),), Path("/run/heirloom")) for name in NAMES)
    inventory = Inventory(Path("/lab/hosts.yml"), nodes)
    return inspection.inspect_nodes(inventory, nodes, store, carry=carry, **options)


def test_every_node_gets_a_report(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        assert run.playbook == "inspect.yml"
        asked = run.lists["a"]["store"]
        facts = {"time": time.time() + 600, "store": on_node.inspect_store(**asked)}
        run.on_reply(Reply("a", [facts]))
        run.on_reply(Reply("b", None, AttemptStatus.UNREACHABLE, "no route to host"))
        run.on_reply(Reply("c", None, reason="the module failed"))
        return "Ansible ended early"

    cluster = look(tmp_path / "store", carry)
    assert cluster.store_problem == ""
    a, b, c, d = cluster.nodes
    assert (a.reach, a.answer_seen) == ("answered", True)
    assert a.clock_ahead == pytest.approx(600, abs=5)
    assert (b.reach, b.reason) == ("unreachable", "no route to host")
    assert (c.reach, c.reason) == ("failed", "the module failed")
    assert (d.reach, d.reason) == ("failed", "Ansible ended early")
    assert not list((tmp_path / "store").glob("*/*"))


def test_a_node_with_another_store_has_not_answered(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        (tmp_path / "other").mkdir()
        asked = run.lists["a"]["store"] | {"path": str(tmp_path / "other")}
        run.on_reply(Reply("a", [{"time": 0.0, "store": on_node.inspect_store(**asked)}]))
        return ""

    report = look(tmp_path / "store", carry).nodes[0]
    assert report.facts is not None
    assert (report.facts["store"]["state"], report.answer_seen) == ("unseen", False)


def test_nodes_are_inspected_without_a_store_on_this_machine(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        assert run.lists["a"]["store"]["directory"] == ""
        run.on_reply(Reply("a", [{"time": 0.0}]))
        return ""

    cluster = look(tmp_path / "no/store", carry)
    assert "does not exist" in cluster.store_problem
    assert cluster.nodes[0].reach == "answered"


def test_nodes_that_miss_the_deadline_have_failed() -> None:
    def carry(run: Run) -> str:
        while not run.cancelled():
            time.sleep(0.01)
        return "the wave was cancelled"

    assert look(None, carry, deadline=0.1).nodes[0].reason == "no reply within 0.1 seconds"


def test_replies_count_when_the_run_fails(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        run.on_reply(Reply("a", [{"time": 0.0}]))
        raise OSError("no space left on device")

    a, b, *_ = look(None, carry).nodes
    assert a.reach == "answered"
    assert b.reason == "the run failed: OSError: no space left on device"
    assert look(tmp_path / "store", carry).store_problem == ""
    assert not list((tmp_path / "store").glob("*/*"))


def test_a_store_that_hangs_on_this_machine_is_reported(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(inspection, "_STORE_TIMEOUT", 0.1)
    done = threading.Event()
    monkeypatch.setattr(inspection, "Marker", lambda store, user: done.wait())

    def carry(run: Run) -> str:
        return "nobody is there"

    try:
        assert "does not answer on this machine" in look(tmp_path, carry).store_problem
    finally:
        done.set()

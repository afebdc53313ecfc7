"""One run that asks every node, without Ansible: the run is played by a function."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.dispatch.ansible.inventory import Inventory, Node, Slot
from controller.dispatch.ansible.runner import Reply, Run
from controller.dispatch.interface import AttemptStatus
from controller.nodes import inspect as looks
from heirloom.node.inspect import marker as on_node

NAMES = ("a", "b", "c", "d")


def look(store: Path | None, carry: Callable[[Run], str], **options: Any) -> looks.ClusterReport:
    nodes = tuple(Node(name, (Slot("0"),), Path("/run/heirloom")) for name in NAMES)
    inventory = Inventory(Path("/lab/hosts.yml"), nodes)
    return looks.look(inventory, nodes, store, carry=carry, **options)


def test_every_node_is_known_by_what_it_said(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        assert run.playbook == "inspect.yml"
        asked = run.lists["a"]["store"]
        said = {"time": time.time() + 600, "store": on_node.inspect_store(**asked)}
        run.heard(Reply("a", [said]))
        run.heard(Reply("b", None, AttemptStatus.UNREACHABLE, "no route to host"))
        run.heard(Reply("c", None, reason="the module failed"))
        return "Ansible ended early"

    sight = look(tmp_path / "store", carry)
    assert sight.trouble == ""
    a, b, c, d = sight.nodes
    assert (a.reach, a.is_ours) == ("answered", True)
    assert a.ahead == pytest.approx(600, abs=5)
    assert (b.reach, b.reason) == ("unreachable", "no route to host")
    assert (c.reach, c.reason) == ("failed", "the module failed")
    assert (d.reach, d.reason) == ("failed", "Ansible ended early")
    assert not list((tmp_path / "store").glob("*/*"))


def test_a_node_with_another_store_is_not_ours(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        (tmp_path / "other").mkdir()
        asked = run.lists["a"]["store"] | {"path": str(tmp_path / "other")}
        run.heard(Reply("a", [{"time": 0.0, "store": on_node.inspect_store(**asked)}]))
        return ""

    seen = look(tmp_path / "store", carry).nodes[0]
    assert seen.said is not None
    assert (seen.said["store"]["state"], seen.is_ours) == ("unseen", False)


def test_where_this_machine_has_no_store_the_rest_is_asked_all_the_same(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        assert run.lists["a"]["store"]["directory"] == ""
        run.heard(Reply("a", [{"time": 0.0}]))
        return ""

    sight = look(tmp_path / "no/store", carry)
    assert "does not exist" in sight.trouble
    assert sight.nodes[0].reach == "answered"


def test_nodes_that_are_too_late_are_not_waited_for() -> None:
    def carry(run: Run) -> str:
        while not run.cancelled():
            time.sleep(0.01)
        return "the wave was cancelled"

    assert look(None, carry, deadline=0.1).nodes[0].reason == "no reply within 0.1 seconds"


def test_a_run_that_breaks_leaves_what_was_said(tmp_path: Path) -> None:
    def carry(run: Run) -> str:
        run.heard(Reply("a", [{"time": 0.0}]))
        raise OSError("no space left on device")

    a, b, *_ = look(None, carry).nodes
    assert a.reach == "answered"
    assert b.reason == "the run broke: OSError: no space left on device"
    assert look(tmp_path / "store", carry).trouble == ""
    assert not list((tmp_path / "store").glob("*/*"))


def test_a_store_that_hangs_here_is_given_up(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(looks, "_PATIENCE", 0.1)
    done = looks.threading.Event()
    monkeypatch.setattr(looks, "Marker", lambda store, user: done.wait())

    def carry(run: Run) -> str:
        return "nobody is there"

    try:
        assert "does not answer on this machine" in look(tmp_path, carry).trouble
    finally:
        done.set()

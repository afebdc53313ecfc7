"""The dispatcher's threads, with runs that the test controls."""

from pathlib import Path
from queue import Queue

import pytest

from controller.core.events import Armed, Ended, NodeDown
from controller.dispatch.ansible.dispatcher import AnsibleDispatcher
from controller.dispatch.ansible.inventory import Inventory, Node, Slot
from controller.dispatch.ansible.runner import Reply
from controller.dispatch.interface import NodeProbe, Probe, Start
from tests.unit.dispatch.specs import spec

SOON = 10.0  # seconds after which a test gives up


class Lab:
    def __init__(self, work_dir):
        self.events, self.runs, self.found = Queue(), Queue(), {}
        self.error = None
        node = Node("a", (Slot("0"),), Path("/run/h"))
        self.dispatcher = AnsibleDispatcher(
            Inventory(Path("/lab/hosts.yml"), (node,)),
            work_dir,
            self.take,
            experiment="digits-1",
            carry=self.carry,
        )

    def take(self, events):
        for event in events:
            self.events.put(event)

    def carry(self, run):
        self.runs.put(run)
        if self.error is not None:
            raise self.error
        found = self.found.get("a", "absent")
        names = run.lists["a"]["probes"]
        run.on_reply(Reply("a", [{"attempt": name, "found": found} for name in names]))
        return "no reply"


@pytest.fixture
def lab(tmp_path):
    lab = Lab(tmp_path / "waves")
    yield lab
    lab.dispatcher.close(0.0)


def test_an_order_becomes_an_event(lab):
    lab.found["a"] = "running"
    lab.dispatcher.submit([Probe("7.2", "a")])
    event = lab.events.get(timeout=SOON)
    assert isinstance(event, Armed)
    assert (event.trial, event.number) == (7, 2)


def test_an_order_that_follows_from_an_answer_travels_in_the_next_wave(lab):
    lab.dispatcher.submit([Probe("7.2", "a", spec("7.2"))])
    assert lab.runs.get(timeout=SOON).lists["a"]["probes"] == ["7.2"]
    assert '"attempt": "7.2"' in lab.runs.get(timeout=SOON).lists["a"]["starts"]


def test_a_delayed_order_travels_when_it_is_due(lab):
    lab.dispatcher.submit([NodeProbe("a", delay=0.05)])
    assert lab.runs.get(timeout=SOON).lists["a"]["probes"] == ["0.0"]
    assert lab.events.get(timeout=SOON).kind == "node-up"


def test_orders_to_a_node_missing_from_the_inventory_lose_their_attempt(lab):
    lab.dispatcher.submit([Start("7.2", "z", spec("7.2"))])
    assert isinstance(lab.events.get(timeout=SOON), NodeDown)
    assert isinstance(lab.events.get(timeout=SOON), Ended)


def test_this_machine_s_failure_blocks_the_dispatcher_and_reports_nothing(lab):
    lab.error = OSError(28, "No space left on device")
    lab.dispatcher.submit([Probe("7.2", "a")])
    lab.runs.get(timeout=SOON)
    lab.dispatcher.close(SOON)
    assert lab.dispatcher.blocked.startswith("no space left on device: ")
    assert lab.events.empty()

import json
from pathlib import Path
from typing import Any

import pytest

from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.inventory import Node, Slot
from controller.dispatch.ansible.runner import Reply
from controller.dispatch.ansible.waves import Wave, arguments, take
from controller.dispatch.interface import End, NodeProbe, Probe, Start
from heirloom.node.spec import Spec
from tests.unit.dispatch.specs import spec


def start(attempt, node="a"):
    return Start(attempt, node, spec(attempt))


def reply_item(attempt, found, **more):
    return {"attempt": attempt, "found": found, **more}


def test_ends_go_first_then_starts_then_probes():
    orders = [Probe("1.1", "a"), start("2.1"), End("3.1", "a", "stopped"), start("4.1")]
    assert take({"a": orders}, set()) == {"a": [orders[2], orders[1], orders[3], orders[0]]}


def test_orders_of_a_busy_node_stay_pending():
    pending = {"a": [start("1.1")], "b": [start("2.1", "b")]}
    assert take(pending, {"a"}) == {"b": [start("2.1", "b")]}
    assert pending == {"a": [start("1.1")]}


def test_the_end_of_an_attempt_follows_its_start():
    end, other = End("1.1", "a", "cancelled"), End("2.1", "a", "cancelled")
    pending = {"a": [start("1.1"), end, other]}
    assert take(pending, set()) == {"a": [other, start("1.1")]}
    assert take(pending, set()) == {"a": [end]}
    assert not pending


def test_arguments_of_the_module():
    node = Node("a", (Slot("0", ("3",)),), Path("/run/h"), python="/opt/python", user="trials")
    orders = [End("3.1", "a", "stopped", "why"), start("2.1"), Probe("1.1", "a"), NodeProbe("a")]
    given: Any = arguments(node, "digits-1", orders)
    assert [Spec.from_dict(item) for item in json.loads(given.pop("starts"))] == [spec("2.1")]
    assert given == {
        "run_dir": "/run/h",
        "experiment": "digits-1",
        "slots": [{"name": "0", "gpus": ["3"]}],
        "python": "/opt/python",
        "user": "trials",
        "become": False,
        "ends": [{"attempt": "3.1", "how": "stopped", "reason": "why"}],
        "probes": ["1.1", "0.0"],
    }


def test_answers_keep_the_order_of_the_orders():
    orders = [End("3.1", "a", "stopped"), start("2.1"), Probe("3.1", "a")]
    outcome = {"outcome": "failed"}
    reply = [
        reply_item("3.1", "running"),
        reply_item("2.1", "refused", reason="no such user"),
        reply_item("3.1", "ended", outcome=outcome),
    ]
    assert Wave({"a": orders}).answers(Reply("a", reply)) == [
        Answer(orders[0], AttemptStatus.RUNNING),
        Answer(orders[1], AttemptStatus.REFUSED, "no such user"),
        Answer(orders[2], AttemptStatus.ENDED, "", outcome),
    ]


@pytest.mark.parametrize(
    "reply",
    [
        [],
        [None],
        ["started"],
        [{}],
        [reply_item("9.9", "started")],
        [reply_item("1.1", "gone")],
        [reply_item("1.1", [])],
    ],
)
def test_a_malformed_answer_is_unknown(reply):
    (answer,) = Wave({"a": [start("1.1")]}).answers(Reply("a", reply))
    assert answer.found is AttemptStatus.UNKNOWN
    assert "malformed" in answer.reason


def test_surplus_answers_of_a_node_are_ignored():
    reply = [reply_item("1.1", "started"), reply_item("2.1", "started")]
    assert len(Wave({"a": [start("1.1")]}).answers(Reply("a", reply))) == 1


def test_every_order_is_answered_once():
    wave = Wave({"a": [start("1.1")], "b": [start("2.1", "b")]})
    assert len(wave.answers(Reply("a", None, AttemptStatus.UNREACHABLE, "why"))) == 1
    assert wave.answers(Reply("a", [reply_item("1.1", "started")])) == []
    assert wave.answers(Reply("stranger", [])) == []
    assert wave.rest() == [start("2.1", "b")]
    assert wave.rest() == []
    assert wave.answers(Reply("b", [reply_item("2.1", "started")])) == []

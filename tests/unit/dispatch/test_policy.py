"""The dispatcher's policy, without threads and with a clock that the test moves."""

import pytest

from controller.core.events import Armed, Ended, NodeDown, NodeUp
from controller.core.model import AttemptState, Outcome
from controller.dispatch.ansible.answers import Answer, AttemptStatus
from controller.dispatch.ansible.policy import (
    BROKEN_WAVES,
    NODE_INTERVAL,
    RETRY_DELAY,
    WavePolicy,
)
from controller.dispatch.interface import End, NodeProbe, Probe, Start
from tests.unit.dispatch.specs import spec

SPEC = spec("0.1")
START = Start("0.1", "a", SPEC)
PROBE_OF_PLACED = Probe("0.1", "a", SPEC)
PROBE = Probe("0.1", "a")
ARMED = Armed(at=5.0, trial=0, number=1)
UP = NodeUp(at=5.0, node="a")


class Bench:
    def __init__(self, *orders):
        self.time = 100.0
        self.policy = WavePolicy(lambda: self.time, lambda: 5.0)
        self.policy.submit(orders)

    def receive(self, order, found, reason="", **more):
        return self.policy.receive([Answer(order, found, reason, **more)])

    def due_after(self, seconds):
        self.time += seconds
        return self.policy.due()


def down(reason="no route"):
    return NodeDown(at=5.0, node="a", reason=reason)


def lost(reason="no route"):
    return Ended(at=5.0, trial=0, number=1, outcome=Outcome.LOST, reason=reason)


def test_orders_are_due_at_once_and_only_once():
    bench = Bench(START, PROBE)
    assert bench.policy.wait() == 0.0
    assert bench.policy.due() == [START, PROBE]
    assert bench.policy.due() == []
    assert bench.policy.wait() is None


def test_a_start_that_succeeds_arms_the_attempt():
    bench = Bench(START)
    assert bench.receive(START, AttemptStatus.STARTED) == [ARMED]


def test_a_start_in_a_broken_wave_is_followed_by_a_probe_and_repeated_if_it_never_arrived():
    bench = Bench(START)
    bench.policy.due()
    assert bench.receive(START, AttemptStatus.UNKNOWN, "it broke") == []
    assert bench.policy.wait() == RETRY_DELAY
    assert bench.due_after(RETRY_DELAY - 0.1) == []
    assert bench.due_after(0.2) == [PROBE_OF_PLACED]
    assert bench.receive(PROBE_OF_PLACED, AttemptStatus.ABSENT) == []
    assert bench.policy.due() == [START]


def test_a_refused_attempt_is_not_started_again_under_its_number():
    bench = Bench(START)
    bench.policy.due()
    answers = [
        Answer(START, AttemptStatus.REFUSED, "no room in /run"),
        Answer(PROBE_OF_PLACED, AttemptStatus.ABSENT),
    ]
    [end] = bench.policy.receive(answers)
    assert (end.outcome, end.reason) == (Outcome.REFUSED, "no room in /run")
    assert bench.policy.due() == []


@pytest.mark.parametrize("state", [AttemptState.ARMED, AttemptState.RUNNING])
def test_an_attempt_that_has_been_on_its_node_is_not_started_again(state):
    bench = Bench(START)
    bench.policy.due()
    bench.policy.note("0.1", state)
    [end] = bench.receive(PROBE_OF_PLACED, AttemptStatus.ABSENT)
    assert end.outcome is Outcome.LOST
    assert bench.policy.due() == []


def test_nothing_follows_for_an_attempt_that_the_store_reports_as_ended():
    bench = Bench(START)
    bench.policy.due()
    bench.receive(START, AttemptStatus.UNKNOWN, "it broke")
    bench.policy.note("0.1", AttemptState.ENDED)
    assert bench.due_after(RETRY_DELAY) == []
    assert bench.receive(PROBE, AttemptStatus.DEAD) == []


def test_after_a_resume_an_attempt_that_was_armed_is_lost_if_its_node_has_no_record_of_it():
    bench = Bench(PROBE)
    [end] = bench.receive(PROBE, AttemptStatus.ABSENT)
    assert end.outcome is Outcome.LOST


def test_after_a_resume_an_attempt_that_was_only_placed_is_started():
    bench = Bench(PROBE_OF_PLACED)
    bench.policy.due()
    assert bench.receive(PROBE_OF_PLACED, AttemptStatus.ABSENT) == []
    assert bench.policy.due() == [START]


def test_an_end_is_repeated_until_the_node_answers():
    end = End("0.1", "a", "cancelled")
    bench = Bench(end)
    bench.policy.due()
    for found in (AttemptStatus.UNKNOWN, AttemptStatus.REFUSED):
        assert bench.receive(end, found, "EIO") == []
        assert bench.due_after(RETRY_DELAY) == [end]
    [event] = bench.receive(end, AttemptStatus.ABSENT)
    assert event.outcome is Outcome.CANCELLED


def test_after_too_many_broken_waves_the_node_counts_as_unreachable():
    bench = Bench(PROBE)
    for _ in range(BROKEN_WAVES - 1):
        assert bench.receive(PROBE, AttemptStatus.UNKNOWN, "it broke") == []
    assert bench.receive(PROBE, AttemptStatus.UNKNOWN, "it broke") == [
        down("it broke"),
        lost("it broke"),
    ]


def test_an_answer_resets_the_count_of_broken_waves():
    bench = Bench(PROBE)
    for _ in range(2):
        for _ in range(BROKEN_WAVES - 1):
            assert bench.receive(PROBE, AttemptStatus.UNKNOWN, "it broke") == []
        assert bench.receive(PROBE, AttemptStatus.RUNNING) == [ARMED]


def test_waves_that_cannot_leave_this_machine_do_not_count_against_the_node():
    bench = Bench(PROBE)
    for _ in range(4 * BROKEN_WAVES):
        assert bench.receive(PROBE, AttemptStatus.UNKNOWN, "no space left", ours=True) == []
    assert bench.policy.blocked == "no space left"
    assert bench.receive(PROBE, AttemptStatus.RUNNING) == [ARMED]
    assert bench.policy.blocked is None


def test_a_node_is_reported_down_once_and_up_once():
    other = Probe("1.1", "a")
    bench = Bench(PROBE, other)
    assert bench.receive(PROBE, AttemptStatus.UNREACHABLE, "no route") == [down(), lost()]
    [second] = bench.receive(other, AttemptStatus.UNREACHABLE, "no route")
    assert isinstance(second, Ended)
    bench.policy.submit([other])
    armed = Armed(at=5.0, trial=1, number=1)
    assert bench.receive(other, AttemptStatus.RUNNING) == [UP, armed]
    assert bench.receive(other, AttemptStatus.RUNNING) == [armed]


@pytest.mark.parametrize(
    "found", [AttemptStatus.UNREACHABLE, AttemptStatus.REFUSED, AttemptStatus.UNKNOWN]
)
def test_a_node_that_is_down_is_probed_until_it_is_usable(found):
    probe = NodeProbe("a")
    bench = Bench(probe)
    assert bench.policy.due() == []
    for _ in range(3):
        assert bench.due_after(NODE_INTERVAL) == [probe]
        assert bench.receive(probe, found, "EIO") == []
    assert bench.due_after(NODE_INTERVAL) == [probe]
    assert bench.receive(probe, AttemptStatus.ABSENT) == [UP]
    assert bench.policy.wait() is None


def test_a_node_that_is_up_again_is_probed_no_more():
    bench = Bench(NodeProbe("a"), PROBE)
    bench.policy.due()
    assert bench.receive(PROBE, AttemptStatus.RUNNING) == [UP, ARMED]
    assert bench.due_after(NODE_INTERVAL) == []


def test_a_node_that_was_set_aside_is_up_only_after_a_successful_probe():
    probe = NodeProbe("a", delay=45.0, set_aside=True)
    bench = Bench(probe, PROBE)
    bench.policy.due()
    assert bench.receive(PROBE, AttemptStatus.RUNNING) == [ARMED]
    assert bench.due_after(44.0) == []
    assert bench.due_after(1.0) == [probe]
    assert bench.receive(probe, AttemptStatus.ABSENT) == [UP]


def test_a_newer_probe_of_a_node_replaces_the_older_one():
    first, second = NodeProbe("a"), NodeProbe("a", delay=0.0)
    bench = Bench(first, second)
    assert bench.policy.due() == [second]
    assert bench.due_after(NODE_INTERVAL) == []
    assert bench.receive(second, AttemptStatus.ABSENT) == [UP]

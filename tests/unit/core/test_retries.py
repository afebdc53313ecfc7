"""Retries are counted by cause."""

import pytest

from controller.core import events as e
from controller.core.model import RetryRule
from tests.unit.core.drive import Drive


def fail(d, outcome, number, **more):
    d.begin(0, number)
    d.end(0, outcome, number, **more)
    d.carry_out()


@pytest.mark.parametrize("outcome", ["failed", "timeout"])
def test_its_own_failures_use_up_its_retries(outcome):
    d = Drive(concurrency=1, retries=1)
    d.propose()
    fail(d, outcome, 1, reason="exit code 3")
    assert d.states() == ["armed"]
    assert d.x.trials[0].attempt.number == 2
    fail(d, outcome, 2, reason="exit code 4")
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == "exit code 4 (attempt 2 of 2)"


def test_without_retries_the_attempt_s_reason_becomes_the_trial_s():
    d = Drive(concurrency=1)
    d.propose()
    fail(d, "failed", 1, reason="exit code 3")
    assert d.x.trials[0].reason == "exit code 3"


@pytest.mark.parametrize("outcome", ["lost", "refused", "full", "corrupt", "beaten", "committed"])
def test_failures_that_are_not_its_own_use_infra_retries(outcome):
    d = Drive(concurrency=1, retries=0, infra_retries=1)
    d.propose()
    fail(d, outcome, 1, reason="no route")
    assert d.states() == ["armed"]
    fail(d, outcome, 2, reason="no route")
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == (
        "no route (given up after 2 attempts that were not its own fault)"
    )


def test_infra_retries_do_not_use_up_retries():
    d = Drive(concurrency=1, retries=1, infra_retries=5)
    d.propose()
    for number, outcome in enumerate(["lost", "failed", "full", "refused"], 1):
        fail(d, outcome, number, reason=outcome)
        assert d.states() == ["armed"]
    fail(d, "failed", 5, reason="exit code 3")
    assert d.states() == ["failed"]


def test_a_recall_uses_up_no_retry():
    d = Drive(concurrency=1, infra_retries=0)
    d.propose()
    for number in range(1, 20):
        d.arm(0, number)
        d.end(0, "recalled", number)
        assert d.states() == ["armed"]


def test_bad_parent_read_uses_infra_retries():
    # The node reports a parent without weights. The parent's manifest lists weights.
    d = Drive(concurrency=1, infra_retries=1)
    d.propose()
    d.commit(0)
    d.propose(0)
    d.end(1, "parent", 1, parent=0, reason="no weights in 0")
    assert d.states() == ["succeeded", "armed"]
    d.end(1, "parent", 2, parent=0, reason="no weights in 0")
    d.carry_out()
    assert d.states() == ["succeeded", "failed"]


def test_a_failure_without_a_message_still_has_a_reason():
    d = Drive(concurrency=1)
    d.propose()
    fail(d, "failed", 1)
    assert d.x.trials[0].reason == "attempt 1 on a: failed"


@pytest.mark.parametrize("outcome", ["lost", "refused", "full", "corrupt"])
def test_an_infra_retry_prefers_another_node(outcome):
    d = Drive(nodes={"a": 8, "b": 1}, concurrency=1)
    d.propose()
    assert d.places() == {0: "a"}
    fail(d, outcome, 1)
    assert d.places() == {0: "b"}
    fail(d, outcome, 2)
    assert d.places() == {0: "a"}


def test_an_infra_retry_uses_the_same_node_if_there_is_no_other():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=1)
    d.event(e.NodeDown, node="b", reason="no route")
    d.propose()
    fail(d, "refused", 1)
    assert d.places() == {0: "a"}


def test_its_own_failure_excludes_no_node():
    d = Drive(nodes={"a": 8, "b": 1}, concurrency=1, retries=1)
    d.propose()
    fail(d, "failed", 1)
    assert d.places() == {0: "a"}


def test_each_cause_has_its_own_limit():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=1, infra_retries=1)
    d.propose()
    for number, outcome in enumerate(["lost", "corrupt", "full", "refused"], 1):
        fail(d, outcome, number, reason=outcome)
        assert d.states() == ["armed"]
    fail(d, "corrupt", 5, reason="corrupt again")
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == (
        "corrupt again (given up after 2 attempts that were not its own fault)"
    )


CUDA = RetryRule(name="on 'CUDA error'", exclude_node=True)
BUSY = RetryRule(name="exit_code 75", times=3)


def test_a_failure_that_matches_a_rule_does_not_use_up_retries():
    d = Drive(concurrency=1, retries=0, retry=(CUDA, BUSY))
    d.propose()
    for number in (1, 2, 3):
        fail(d, "failed", number, reason="exit code 75", rule=1)
        assert d.states() == ["armed"]
    fail(d, "failed", 4, reason="exit code 75", rule=1)
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == ("exit code 75 (given up after 4 such failures: exit_code 75)")


def test_an_unknown_rule_is_ignored():
    d = Drive(concurrency=1, retries=0, retry=(CUDA,))
    d.propose()
    fail(d, "failed", 1, reason="exit code 75", rule=7)
    assert d.states() == ["failed"]


def test_a_rule_can_exclude_the_node():
    d = Drive(nodes={"a": 8, "b": 4, "c": 2}, concurrency=1, retries=9, retry=(CUDA,))
    d.propose()
    fail(d, "failed", 1, rule=0)
    assert d.places() == {0: "b"}
    fail(d, "failed", 2, reason="its own")
    assert d.places() == {0: "b"}
    fail(d, "refused", 3)
    assert d.places() == {0: "c"}


def test_an_excluded_node_is_used_if_there_is_no_other():
    d = Drive(nodes={"a": 8}, concurrency=1, retry=(CUDA,))
    d.propose()
    fail(d, "failed", 1, rule=0)
    assert d.places() == {0: "a"}

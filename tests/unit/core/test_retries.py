"""Retries go by cause."""

import pytest
from drive import Drive

from controller.core import events as e
from controller.core.model import RetryRule


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


def test_without_retries_the_reason_is_the_attempt_s():
    d = Drive(concurrency=1)
    d.propose()
    fail(d, "failed", 1, reason="exit code 3")
    assert d.x.trials[0].reason == "exit code 3"


@pytest.mark.parametrize("outcome", ["lost", "refused", "full", "corrupt", "beaten", "committed"])
def test_what_is_not_its_fault_is_tried_again_but_not_for_ever(outcome):
    d = Drive(concurrency=1, retries=0, infra_retries=1)
    d.propose()
    fail(d, outcome, 1, reason="no luck")
    assert d.states() == ["armed"]
    fail(d, outcome, 2, reason="no luck")
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == (
        "no luck (given up after 2 attempts that were not its own fault)"
    )


def test_strays_leave_the_retries_alone():
    d = Drive(concurrency=1, retries=1, infra_retries=5)
    d.propose()
    for number, outcome in enumerate(["lost", "failed", "full", "refused"], 1):
        fail(d, outcome, number, reason=outcome)
        assert d.states() == ["armed"]
    fail(d, "failed", 5, reason="exit code 3")
    assert d.states() == ["failed"]


def test_a_recall_costs_nothing():
    d = Drive(concurrency=1, infra_retries=0)
    d.propose()
    for number in range(1, 20):
        d.arm(0, number)
        d.end(0, "recalled", number)
        assert d.states() == ["armed"]


def test_a_parent_that_is_not_to_be_found_lost_is_a_stray():
    # The node says that the parent left no weights; its manifest says that it did.
    d = Drive(concurrency=1, infra_retries=1)
    d.propose()
    d.commit(0)
    d.propose(0)
    d.end(1, "parent", 1, parent=0, reason="no weights in 0")
    assert d.states() == ["succeeded", "armed"]
    d.end(1, "parent", 2, parent=0, reason="no weights in 0")
    d.carry_out()
    assert d.states() == ["succeeded", "failed"]


def test_a_failure_without_words_still_has_a_reason():
    d = Drive(concurrency=1)
    d.propose()
    fail(d, "failed", 1)
    assert d.x.trials[0].reason == "attempt 1 on a: failed"


@pytest.mark.parametrize("outcome", ["lost", "refused", "full", "corrupt"])
def test_it_is_tried_again_elsewhere(outcome):
    d = Drive(nodes={"a": 8, "b": 1}, concurrency=1)
    d.propose()
    assert d.places() == {0: "a"}
    fail(d, outcome, 1)
    assert d.places() == {0: "b"}
    fail(d, outcome, 2)
    assert d.places() == {0: "a"}


def test_where_there_is_no_elsewhere_it_is_tried_on_the_same_node():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=1)
    d.hear(e.NodeDown, node="b", reason="no route")
    d.propose()
    fail(d, "refused", 1)
    assert d.places() == {0: "a"}


def test_its_own_failure_says_nothing_about_the_node():
    d = Drive(nodes={"a": 8, "b": 1}, concurrency=1, retries=1)
    d.propose()
    fail(d, "failed", 1)
    assert d.places() == {0: "a"}


def test_each_cause_has_a_bound_of_its_own():
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


def test_a_failure_that_a_rule_tells_apart_does_not_use_up_the_retries():
    d = Drive(concurrency=1, retries=0, retry=(CUDA, BUSY))
    d.propose()
    for number in (1, 2, 3):
        fail(d, "failed", number, reason="exit code 75", rule=1)
        assert d.states() == ["armed"]
    fail(d, "failed", 4, reason="exit code 75", rule=1)
    assert d.states() == ["failed"]
    assert d.x.trials[0].reason == ("exit code 75 (given up after 4 such failures: exit_code 75)")


def test_a_rule_that_nobody_has_is_no_rule():
    d = Drive(concurrency=1, retries=0, retry=(CUDA,))
    d.propose()
    fail(d, "failed", 1, reason="exit code 75", rule=7)
    assert d.states() == ["failed"]


def test_where_a_rule_blames_the_node_the_trial_does_not_go_again():
    d = Drive(nodes={"a": 8, "b": 4, "c": 2}, concurrency=1, retries=9, retry=(CUDA,))
    d.propose()
    fail(d, "failed", 1, rule=0)
    assert d.places() == {0: "b"}
    fail(d, "failed", 2, reason="its own")
    assert d.places() == {0: "b"}
    fail(d, "refused", 3)
    assert d.places() == {0: "c"}


def test_a_node_that_a_rule_blames_is_all_there_is():
    d = Drive(nodes={"a": 8}, concurrency=1, retry=(CUDA,))
    d.propose()
    fail(d, "failed", 1, rule=0)
    assert d.places() == {0: "a"}

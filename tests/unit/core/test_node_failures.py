"""A node on which several trials in a row fail is set aside until it works again."""

import pytest

from controller.core import events as e
from controller.core.model import RetryRule
from tests.unit.core.drive import Drive

CUDA = RetryRule(name="on 'CUDA error'", exclude_node=True)


def go_wrong(d, outcome="refused", **more):
    """End every attempt on node a with this outcome."""
    for trial, node in d.places().items():
        if node == "a":
            d.end(trial, outcome, len(d.x.trials[trial].attempts), **more)


@pytest.mark.parametrize(
    ("outcome", "more"), [("refused", {}), ("lost", {}), ("failed", {"rule": 0})]
)
def test_a_node_is_set_aside_after_three_failures_in_a_row(outcome, more):
    d = Drive(nodes={"a": 4}, concurrency=3, retries=9, retry=(CUDA,))
    for _ in range(3):
        d.propose()
    for trial in range(3):
        assert not d.ever(e.NodeSetAside)
        d.end(trial, outcome, reason="no disk", **more)
        d.carry_out()
    [aside] = d.ever(e.NodeSetAside)
    assert (aside.node, aside.wait) == ("a", 5.0)
    assert aside.reason == "3 attempts in a row failed there, the last: no disk"
    assert not d.x.placement.is_up("a")
    d.event(e.NodeUp, node="a")
    assert d.x.placement.is_up("a")
    assert not d.x.set_aside


@pytest.mark.parametrize("outcome", ["failed", "timeout", "full", "corrupt", "recalled"])
def test_other_outcomes_do_not_count_against_the_node(outcome):
    d = Drive(nodes={"a": 4}, concurrency=4, retries=99, infra_retries=99)
    for _ in range(4):
        d.propose()
    for _ in range(5):
        go_wrong(d, outcome)
        d.carry_out()
    assert not d.ever(e.NodeSetAside)


def test_losses_of_a_single_trial_do_not_set_a_node_aside():
    d = Drive(nodes={"a": 1}, concurrency=1, infra_retries=9)
    d.propose()
    for _ in range(9):
        go_wrong(d, "lost")
        d.carry_out()
    assert not d.ever(e.NodeSetAside)


def test_a_successful_trial_resets_the_count():
    d = Drive(nodes={"a": 4}, concurrency=4, infra_retries=99)
    for _ in range(4):
        d.propose()
    d.end(0, "lost")
    d.end(1, "lost")
    d.commit(2)
    d.end(3, "lost")
    assert not d.ever(e.NodeSetAside)


def test_losses_on_an_unreachable_node_do_not_count():
    d = Drive(nodes={"a": 4}, concurrency=4, infra_retries=99)
    for _ in range(4):
        d.propose()
    d.event(e.NodeDown, node="a", reason="no route")
    go_wrong(d, "lost")
    assert not d.ever(e.NodeSetAside)


def test_a_search_on_nodes_that_all_refuse_waits_and_fails_no_trial():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=2, infra_retries=5)
    d.propose()
    d.propose()
    waits = []
    for _ in range(30):  # each node is up again, refuses again, and is set aside for longer
        while d.places():
            for trial in d.places():
                d.end(trial, "refused", len(d.x.trials[trial].attempts), reason="No space left")
        assert set(d.x.set_aside) == {"a", "b"}
        waits += [event.wait for event in d.ever(e.NodeSetAside)]
        for node in ("a", "b"):
            d.event(e.NodeUp, node=node)
    assert d.states() == ["armed", "armed"]
    assert max(waits) == 900.0


def test_after_a_success_three_failures_are_needed_again():
    d = Drive(nodes={"a": 1}, concurrency=1, infra_retries=99)
    d.propose()
    for _ in range(3):
        go_wrong(d)
    d.event(e.NodeUp, node="a")
    d.commit(0, 4)
    d.propose()
    go_wrong(d)
    assert len(d.ever(e.NodeSetAside)) == 1
    assert d.places() == {1: "a"}


def test_set_aside_nodes_survive_a_resume():
    d = Drive(nodes={"a": 1}, concurrency=1)
    d.propose()
    for _ in range(3):
        go_wrong(d, reason="No space left")
    again = Drive(nodes={"a": 1}, concurrency=1)
    for event in d.log:
        again.x.apply(event)
    assert again.x.set_aside == d.x.set_aside
    assert not again.x.placement.is_up("a")


def test_a_node_that_is_prepared_is_known_until_its_preparation_ends():
    d = Drive({"a": 2, "b": 1})
    for _ in range(2):
        d.arm(d.propose())
    node = d.places()[0]
    d.event(e.Preparing, trial=0, number=1)
    assert d.x.preparing[node].trial == 0
    d.event(e.Prepared, trial=0, number=1)
    d.event(e.Prepared, trial=0, number=1)  # mail may come twice
    assert not d.x.preparing
    d.event(e.Preparing, trial=0, number=1)
    d.end(0, "refused", reason="prepare failed on a: exit code 1")
    assert not d.x.preparing
    d.event(e.Preparing, trial=0, number=1)  # late mail
    assert not d.x.preparing

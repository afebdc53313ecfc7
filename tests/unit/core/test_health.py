"""A node on which one trial after the other goes wrong is set aside, until it is well."""

import pytest
from drive import Drive

from controller.core import events as e
from controller.core.model import RetryRule

CUDA = RetryRule(name="on 'CUDA error'", exclude_node=True)


def go_wrong(d, outcome="refused", **more):
    """Everything that is on node a ends so."""
    for trial, node in d.places().items():
        if node == "a":
            d.end(trial, outcome, len(d.x.trials[trial].attempts), **more)


@pytest.mark.parametrize(
    ("outcome", "more"), [("refused", {}), ("lost", {}), ("failed", {"rule": 0})]
)
def test_after_three_trials_in_a_row(outcome, more):
    d = Drive(nodes={"a": 4}, concurrency=3, retries=9, retry=(CUDA,))
    for _ in range(3):
        d.propose()
    for trial in range(3):
        assert not d.ever(e.NodeSetAside)
        d.end(trial, outcome, reason="no disk", **more)
        d.carry_out()
    [aside] = d.ever(e.NodeSetAside)
    assert (aside.node, aside.wait) == ("a", 5.0)
    assert aside.reason == "3 attempts in a row went wrong there, the last: no disk"
    assert not d.x.placement.is_up("a")
    d.hear(e.NodeUp, node="a")
    assert d.x.placement.is_up("a")
    assert not d.x.set_aside


@pytest.mark.parametrize("outcome", ["failed", "timeout", "full", "corrupt", "recalled"])
def test_what_is_not_the_node_s_fault_is_not_held_against_it(outcome):
    d = Drive(nodes={"a": 4}, concurrency=4, retries=99, infra_retries=99)
    for _ in range(4):
        d.propose()
    for _ in range(5):
        go_wrong(d, outcome)
        d.carry_out()
    assert not d.ever(e.NodeSetAside)


def test_one_trial_alone_that_loses_its_supervisor_blames_no_node():
    d = Drive(nodes={"a": 1}, concurrency=1, infra_retries=9)
    d.propose()
    for _ in range(9):
        go_wrong(d, "lost")
        d.carry_out()
    assert not d.ever(e.NodeSetAside)


def test_a_trial_that_goes_well_makes_up_for_those_that_did_not():
    d = Drive(nodes={"a": 4}, concurrency=4, infra_retries=99)
    for _ in range(4):
        d.propose()
    d.end(0, "lost")
    d.end(1, "lost")
    d.commit(2)
    d.end(3, "lost")
    assert not d.ever(e.NodeSetAside)


def test_a_node_out_of_reach_is_not_blamed_for_what_it_had():
    d = Drive(nodes={"a": 4}, concurrency=4, infra_retries=99)
    for _ in range(4):
        d.propose()
    d.hear(e.NodeDown, node="a", reason="no route")
    go_wrong(d, "lost")
    assert not d.ever(e.NodeSetAside)


def test_a_search_whose_every_node_refuses_waits_and_loses_no_trial():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=2, infra_retries=5)
    d.propose()
    d.propose()
    waits = []
    for _ in range(30):  # each node comes back, refuses again, and is set aside for longer
        while d.places():
            for trial in d.places():
                d.end(trial, "refused", len(d.x.trials[trial].attempts), reason="No space left")
        assert set(d.x.set_aside) == {"a", "b"}
        waits += [event.wait for event in d.ever(e.NodeSetAside)]
        for node in ("a", "b"):
            d.hear(e.NodeUp, node=node)
    assert d.states() == ["armed", "armed"]
    assert max(waits) == 900.0


def test_after_it_went_well_a_node_has_three_again():
    d = Drive(nodes={"a": 1}, concurrency=1, infra_retries=99)
    d.propose()
    for _ in range(3):
        go_wrong(d)
    d.hear(e.NodeUp, node="a")
    d.commit(0, 4)
    d.propose()
    go_wrong(d)
    assert len(d.ever(e.NodeSetAside)) == 1
    assert d.places() == {1: "a"}


def test_a_resume_remembers_who_is_set_aside():
    d = Drive(nodes={"a": 1}, concurrency=1)
    d.propose()
    for _ in range(3):
        go_wrong(d, reason="No space left")
    again = Drive(nodes={"a": 1}, concurrency=1)
    for event in d.log:
        again.x.apply(event)
    assert again.x.set_aside == d.x.set_aside
    assert not again.x.placement.is_up("a")

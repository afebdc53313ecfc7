"""Every child of a parent that ends gets a verdict."""

import pytest

from controller.core import events as e
from controller.core.model import OnParentFailure, State, Trial
from controller.core.transitions.inheritance import Skip, resolve
from tests.unit.core.drive import Drive

SKIP, SCRATCH, ANCESTOR = OnParentFailure


def family(*members):
    """Trials given as `(parents, state)`. Those that succeeded left weights."""
    return [
        Trial(i, {}, parents, parents, State(state), 0.0, weights=state == "succeeded")
        for i, (parents, state) in enumerate(members)
    ]


LINE = [((), "succeeded"), ((0,), "failed"), ((1,), "skipped"), ((), "running"), ((3,), "failed")]


@pytest.mark.parametrize(
    ("restore", "policy", "expected"),
    [
        ((0, 3), SKIP, (0, 3)),
        ((0, 1), SCRATCH, ()),
        ((2,), ANCESTOR, (0,)),
        ((0, 2), ANCESTOR, (0,)),
        ((4,), ANCESTOR, (3,)),  # one that may still be committed
        ((2, 4), ANCESTOR, (0, 3)),
        ((), SKIP, ()),
    ],
)
def test_which_parents_a_trial_starts_from(restore, policy, expected):
    assert resolve(family(*LINE), restore, policy) == expected


def test_without_a_committed_ancestor_a_trial_starts_from_nothing():
    assert resolve(family(((), "failed"), ((0,), "failed")), (1,), ANCESTOR) == ()


def test_of_two_equally_near_ancestors_the_first_one_is_used():
    trials = family(((), "succeeded"), ((), "succeeded"), ((1, 0), "failed"))
    assert resolve(trials, (2,), ANCESTOR) == (1,)


def test_a_stopped_parent_without_weights_counts_as_lost():
    trials = family(((), "stopped"))
    trials[0].reason = "hopeless"
    assert resolve(trials, (0,), SKIP) == Skip("its parent 0 stopped without weights: hopeless")
    trials[0].weights = True
    assert resolve(trials, (0,), SKIP) == (0,)


@pytest.mark.parametrize(
    ("policy", "state", "restore"),
    [(SKIP, "skipped", None), (SCRATCH, "armed", ()), (ANCESTOR, "armed", (0,))],
)
@pytest.mark.parametrize("was_armed", [True, False])
def test_a_child_of_a_failed_parent(policy, state, restore, was_armed):
    d = Drive(
        nodes={"a": 4 if was_armed else 1}, lookahead=0, concurrency=4, on_parent_failure=policy
    )
    d.propose()
    d.commit(0)
    d.propose(0)
    d.propose(1)
    d.begin(1)
    assert d.states()[2] == ("armed" if was_armed else "waiting")
    d.end(1, "failed", reason="exit code 1")
    d.carry_out()
    if was_armed:
        d.end(2, "parent", parent=1)
        d.carry_out()
    child = d.x.trials[2]
    assert child.state == state
    if restore is None:
        assert child.reason == "its parent 1 failed without weights: exit code 1"
    else:
        assert child.attempt.restore == restore
        assert child.parents == (1,)


def test_all_descendants_of_a_failed_trial_get_a_verdict():
    d = Drive(concurrency=6)
    d.propose()
    for parent in range(4):
        d.propose(parent)
    d.event(e.CancelAsked, trial=0)
    d.carry_out()
    while d.x.on_nodes:
        trial, number = next(iter(d.x.on_nodes))
        d.end(trial, "cancelled" if trial == 0 else "parent", number, parent=trial - 1)
        d.carry_out()
    assert d.states()[:5] == ["cancelled"] + ["skipped"] * 4


def test_a_child_that_ends_before_its_parent_s_verdict_arrives_gets_a_verdict():
    d = Drive(concurrency=2)
    d.propose()
    d.propose(0)
    d.begin(0)
    d.end(1, "parent", parent=0, reason="0 left no weights")
    assert e.CheckAsked(at=d.now, trial=0) in d.decided
    d.see(0, "stopped", number=1, reason="hopeless")
    d.end(1, "parent", 2, parent=0)
    d.carry_out()
    assert d.states() == ["stopped", "skipped"]


def test_a_child_of_a_trial_that_ended_without_weights_before_the_proposal():
    d = Drive(concurrency=2)
    d.propose()
    d.end(0, "failed", reason="exit code 1")
    d.carry_out()
    d.propose(0)
    d.carry_out()
    assert d.states() == ["failed", "skipped"]
    assert [event.trial for event in d.ever(e.ResultSent)] == [0, 1]


class TestDamage:
    def two(self, nodes, **rules):
        d = Drive(nodes=nodes, concurrency=3, **rules)
        d.propose()
        d.commit(0)
        d.propose(0)
        return d

    def test_weights_found_corrupt_on_two_nodes_are_damaged(self):
        d = self.two({"a": 1, "b": 1})
        d.end(1, "corrupt", 1, parent=0, reason="digest of w differs")
        assert not d.x.trials[0].damaged
        d.end(1, "corrupt", 2, parent=0, reason="digest of w differs")
        assert d.x.trials[0].damaged
        assert d.x.damaged == {0: "digest of w differs"}
        d.carry_out()
        assert d.states() == ["succeeded", "skipped"]
        assert d.x.trials[1].reason == (
            "the weights of its parent 0 do not match their manifest (seen on a and b)"
        )

    def test_a_parent_corrupt_on_one_node_alone_stays(self):
        d = self.two({"a": 1, "b": 1})
        d.end(1, "corrupt", 1, parent=0)
        d.commit(1, 2)
        assert not d.x.trials[0].damaged
        assert d.states() == ["succeeded"] * 2

    @pytest.mark.parametrize("nodes", [{"a": 1}, {"a": 1, "b": 1}])
    def test_where_one_node_is_up_twice_there_is_enough(self, nodes):
        d = self.two(nodes)
        if "b" in nodes:
            d.event(e.NodeDown, node="b", reason="no route")
        d.end(1, "corrupt", 1, parent=0)
        d.end(1, "corrupt", 2, parent=0)
        d.carry_out()
        assert d.x.trials[0].damaged
        assert d.x.trials[1].reason.endswith("(seen on a)")

    def test_what_is_ready_is_treated_as_on_parent_failure_says(self):
        d = self.two({"a": 1}, on_parent_failure=SCRATCH, lookahead=1)
        d.propose(0)  # armed behind 1
        d.propose(0)  # ready
        assert d.x.queue.ready() == [3]
        d.end(1, "corrupt", 1, parent=0)
        d.end(1, "corrupt", 2, parent=0)
        assert d.x.trials[0].damaged
        assert d.x.trials[3].restore == ()

    def test_damaged_parents_one_above_the_other_do_not_use_up_the_tries(self):
        d = self.two({"a": 1, "b": 1}, on_parent_failure=ANCESTOR, infra_retries=2)
        d.commit(1)
        d.propose(1)
        d.commit(2)
        d.propose(2)  # one of three generations that share a file
        for number, parent in enumerate([2, 2, 1, 1, 0, 0], 1):
            d.end(3, "corrupt", number, parent=parent)
        d.commit(3, 7)
        assert d.states() == ["succeeded"] * 4
        assert d.x.trials[3].restore == ()

    def test_only_a_parent_of_the_attempt_can_be_accused(self):
        d = self.two({"a": 1})
        d.propose()
        for number in (1, 2, 3):
            d.end(2, "corrupt", number, parent=0)
        assert not d.x.trials[0].damaged

    def test_a_trial_proposed_later_is_answered_at_once(self):
        d = self.two({"a": 1})
        d.end(1, "corrupt", 1, parent=0)
        d.end(1, "corrupt", 2, parent=0)
        d.propose(0)
        d.carry_out()
        assert d.states() == ["succeeded", "skipped", "skipped"]

"""Which trial is placed where and when: order, arming, lookahead, recalls."""

import pytest

from controller.core import events as e
from controller.core.decisions import PATIENCE
from controller.core.model import Outcome
from tests.unit.core.drive import Drive


def test_the_oldest_ready_trial_goes_first():
    d = Drive(nodes={"a": 1}, lookahead=0, concurrency=4)
    for _ in range(4):
        d.propose()
    for trial in range(4):
        assert d.places() == {trial: "a"}
        d.commit(trial)


def test_the_emptiest_node_gets_the_next_attempt():
    d = Drive(nodes={"a": 2, "b": 3}, lookahead=0)
    for _ in range(5):
        d.propose()
    assert list(d.places().values()) == ["b", "a", "b", "a", "b"]


@pytest.mark.parametrize(
    ("lookahead", "expected"),
    [(0, 3), (1, 5), (None, 6)],
    ids=["none", "one a node", "as many again"],
)
def test_the_lookahead_counts_for_each_node(lookahead, expected):
    d = Drive(nodes={"a": 2, "b": 1}, lookahead=lookahead, concurrency=20)
    for _ in range(20):
        d.propose()
    assert len(d.places()) == expected
    assert d.x.placement.taken("a") == {0: 2, 1: 3, None: 4}[lookahead]


def test_no_more_proposals_are_requested_than_the_nodes_may_hold():
    d = Drive(nodes={"a": 2, "b": 1}, lookahead=0)
    for _ in range(3):
        d.propose()
    assert d.x.asked is None
    d.commit(0)
    assert d.x.asked == 3


def test_a_trial_that_takes_several_slots():
    d = Drive(nodes={"a": 5, "b": 2, "c": 1}, slots=2, lookahead=0, concurrency=20)
    for _ in range(20):
        d.propose()
    assert sorted(d.places().values()) == ["a", "a", "b"]


def test_a_child_is_armed_once_its_parent_is_on_a_node():
    d = Drive(nodes={"a": 1}, lookahead=1, concurrency=4)
    d.propose()
    d.propose(0)
    assert d.places() == {0: "a", 1: "a"}
    d.propose(1)
    d.propose(2)
    assert d.states() == ["armed", "armed", "waiting", "waiting"]
    d.commit(0)
    assert d.places() == {1: "a", 2: "a"}
    d.commit(1)
    assert d.places() == {2: "a", 3: "a"}
    assert d.ever(e.Placed)[-1].restore == (2,)


def test_a_child_of_two_is_armed_once_both_parents_are_on_nodes():
    d = Drive(nodes={"a": 3}, lookahead=0, concurrency=5)
    d.propose()
    d.end(0, "lost")  # being checked: on no node
    d.propose()
    d.propose(0, 1)
    assert d.states() == ["ready", "armed", "waiting"]
    d.see(0, "succeeded", number=1)  # by a zombie
    assert d.states() == ["succeeded", "armed", "armed"]


def test_ready_trials_are_placed_before_trials_to_arm():
    d = Drive(nodes={"a": 1}, lookahead=1, concurrency=4)
    d.propose()
    d.propose()
    d.propose(0)
    d.propose()
    d.commit(0)
    assert 2 in d.places()  # it is ready now and has the smaller id
    d.commit(1)
    assert d.places() == {2: "a", 3: "a"}


def test_nothing_is_placed_on_a_node_that_is_down():
    d = Drive(nodes={"a": 4, "b": 1}, lookahead=0, concurrency=3)
    d.event(e.NodeDown, node="a", reason="no route")
    assert d.x.placement.down == {"a": "no route"}
    d.propose()
    d.propose()
    assert d.places() == {0: "b"}
    d.event(e.NodeUp, node="a")
    assert d.places() == {0: "b", 1: "a"}


def test_attempts_on_a_node_that_is_down_take_no_place_elsewhere():
    d = Drive(nodes={"a": 8, "b": 1}, lookahead=0, concurrency=20)
    for _ in range(9):
        d.propose()
    d.event(e.NodeDown, node="a", reason="no route")
    d.propose()
    [trial] = [trial for trial, node in d.places().items() if node == "b"]
    d.commit(trial)
    assert d.places()[9] == "b"


def test_with_all_nodes_down_nothing_is_requested_until_one_is_up():
    d = Drive(nodes={"a": 1})
    d.propose()
    d.event(e.NodeDown, node="a", reason="no route")
    d.end(0, "lost")
    d.carry_out()
    d.propose()
    assert d.x.asked is None
    assert not d.x.on_nodes
    d.event(e.NodeUp, node="a")
    assert d.places() == {0: "a", 1: "a"}
    assert d.x.asked is None


def test_the_inventory_may_change_while_attempts_are_on_nodes():
    d = Drive(nodes={"a": 1, "b": 1}, lookahead=0, concurrency=4)
    d.propose()
    d.propose()
    d.propose()
    d.event(e.NodesFound, nodes=(type(d.x.placement.nodes["b"])("c", 1), d.x.placement.nodes["b"]))
    assert d.places() == {0: "a", 1: "b", 2: "c"}
    d.end(0, "lost")
    d.carry_out()
    d.commit(1)
    assert d.places() == {0: "b", 2: "c"}
    assert d.x.placement.taken("a") == 0


class TestRecall:
    def crowd(self):
        """0 runs long on a with 2 armed behind it; 1 has ended on b, which is idle."""
        d = Drive(nodes={"a": 1, "b": 1}, concurrency=3)
        for _ in range(3):
            d.propose()
        assert d.places() == {0: "a", 1: "b", 2: "a"}
        for trial in (0, 1, 2):
            d.arm(trial)
        d.begin(0)
        d.commit(1)
        return d

    def test_an_attempt_behind_a_long_trial_is_given_to_an_idle_node(self):
        d = self.crowd()
        assert not d.wait(PATIENCE - 1)
        d.wait(3)
        assert d.made(e.EndAsked) == [
            e.EndAsked(at=d.now, trial=2, number=1, how=Outcome.RECALLED, reason="b has room")
        ]
        assert not d.wait(3)
        d.end(2, "recalled")
        assert d.places()[2] == "b"

    def test_a_recall_that_comes_too_late_is_forgotten(self):
        d = self.crowd()
        d.wait(PATIENCE)
        d.begin(2)
        d.event(e.StopAdvised, trial=2, reason="hopeless")
        assert [event.how for event in d.made(e.EndAsked)] == [Outcome.STOPPED]

    def test_nothing_is_recalled_while_a_trial_is_there_for_the_idle_node(self):
        d = self.crowd()
        d.propose()
        d.begin(3)
        assert not d.wait(PATIENCE)

    def test_what_waits_for_its_parent_stays(self):
        d = Drive(nodes={"a": 1, "b": 1}, concurrency=3)
        d.propose()
        d.propose()
        d.propose(0)
        for trial in (0, 1, 2):
            d.arm(trial)
        d.begin(0)
        d.commit(1)
        assert not d.wait(PATIENCE)

    def test_no_more_are_recalled_than_the_idle_node_can_run(self):
        d = Drive(nodes={"a": 4, "b": 2}, concurrency=12)
        for _ in range(12):
            d.propose()
        places = d.places()
        for trial in places:
            d.arm(trial)
        on_b = [trial for trial, node in places.items() if node == "b"]
        on_a = [trial for trial, node in places.items() if node == "a"]
        for trial in on_a[:4]:
            d.begin(trial)
        d.withhold()
        for trial, reason in zip(on_b, "abcdef", strict=False):
            d.end(trial, "failed", reason=reason)
            d.carry_out()
            d.x.search.withheld = True
        d.decisions._recalled_at = d.now
        d.wait(PATIENCE)
        assert len(d.made(e.EndAsked)) == 2

    def test_the_clock_may_be_set_back(self):
        d = self.crowd()
        d.wait(PATIENCE - 1)
        d.wait(-100)
        d.wait(101)
        assert d.made(e.EndAsked)


def test_armed_children_are_recalled_to_make_room_for_their_parent():
    d = Drive(nodes={"a": 1, "b": 1}, concurrency=4)
    d.propose()
    d.propose(0)
    d.propose(0)
    d.propose(0)
    assert list(d.places().values()).count("b") == 2
    d.event(e.NodeDown, node="a", reason="no route")
    for trial, node in d.places().items():
        if node == "a":
            d.end(trial, "lost")
        else:
            d.arm(trial)
    d.carry_out()
    d.wait(5)  # b holds only children of 0, which is on no node
    recalled = {event.trial for event in d.ever(e.EndAsked)}
    assert recalled == {trial for trial, node in d.places().items() if node == "b"}
    for trial in recalled:
        d.end(trial, "recalled")
    assert d.places()[0] == "b"

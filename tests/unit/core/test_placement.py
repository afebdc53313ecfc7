"""Placement compared with a model that scans all nodes."""

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from controller.core.model import NodeInfo
from controller.core.placement import Placement

NAMES = list("abcdef")
NAME = st.sampled_from([*NAMES, "nowhere"])


class PlacementBesideModel(RuleBasedStateMachine):
    @initialize(need=st.integers(1, 3), lookahead=st.none() | st.integers(0, 3))
    def begin(self, need, lookahead):
        self.need, self.lookahead = need, lookahead
        self.placement = Placement(need, lookahead)
        self.slots, self.down, self.on = {}, set(), []

    @rule(slots=st.dictionaries(st.sampled_from(NAMES), st.integers(1, 6)))
    def set_nodes(self, slots):
        self.placement.set_nodes(NodeInfo(name, count) for name, count in slots.items())
        self.slots, self.down = slots, self.down & slots.keys()

    @rule()
    def take_best(self):
        best = self.placement.best()
        if best is not None:
            self.take(best)

    @rule(node=NAME)
    def take(self, node):
        self.placement.take(node)
        self.on.append(node)

    @rule(index=st.integers(0, 99))
    def give_back(self, index):
        if self.on:
            self.placement.give_back(self.on.pop(index % len(self.on)))

    @rule(node=NAME)
    def set_down(self, node):
        self.placement.set_down(node, "no route")
        self.down |= {node} & self.slots.keys()

    @rule(node=NAME)
    def set_up(self, node):
        self.placement.set_up(node)
        self.down -= {node}

    def free(self, node):
        return self.slots[node] // self.need - self.on.count(node)

    def room(self, node):
        abreast = self.slots[node] // self.need
        beyond = abreast if self.lookahead is None else self.lookahead
        return (abreast + beyond if abreast else 0) - self.on.count(node)

    def ranked(self):
        """Nodes that are up, best first."""
        up = [node for node in self.slots if node not in self.down]
        return sorted(
            up,
            key=lambda n: (
                self.free(n) <= 0,
                -(self.free(n) if self.free(n) > 0 else self.room(n)),
            ),
        )

    @invariant()
    def the_same(self):
        ranked = self.ranked()
        with_room = [node for node in ranked if self.room(node) > 0]
        assert self.placement.best() == (ranked[0] if with_room else None)
        assert self.placement.capacity == sum(self.room(n) + self.on.count(n) for n in ranked)
        assert set(self.placement.down) == self.down
        for node in NAMES:
            assert self.placement.taken(node) == self.on.count(node)
            assert self.placement.is_up(node) == (node in ranked)
            if node in self.slots:
                assert self.placement.free(node) == self.free(node)
            others = [other for other in ranked if other != node]
            if others:
                assert self.placement.best_but({node}) == others[0]
            elif ranked:
                assert self.placement.best_but({node}) == node
            else:
                assert self.placement.best_but({node}) is None
        assert self.placement.best_but(NAMES) == (ranked[0] if ranked else None)


TestPlacementBesideModel = PlacementBesideModel.TestCase


def test_outdated_entries_are_bounded():
    placement = Placement()
    placement.set_nodes([NodeInfo("a", 3), NodeInfo("b", 3)])
    for _ in range(10_000):
        placement.take("b")
        placement.give_back("b")
    assert len(placement._heap) < 100

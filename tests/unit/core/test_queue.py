"""The queue compared with a simple model."""

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from controller.core.queue import Queue

IDS = st.integers(0, 30)


def test_a_trial_is_queued_once():
    queue = Queue()
    queue.add(1, ())
    with pytest.raises(ValueError, match="trial 1 is queued already"):
        queue.add(1, [0])


class QueueBesideModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.queue = Queue()
        self.model = {}  # trial -> parents that are missing

    @rule(trial=IDS, unmet=st.sets(IDS, max_size=4))
    def add(self, trial, unmet):
        if trial not in self.model:
            self.queue.add(trial, unmet)
            self.model[trial] = set(unmet)

    @rule(parent=IDS)
    def release(self, parent):
        waited = [trial for trial, unmet in self.model.items() if parent in unmet]
        assert sorted(self.queue.release(parent)) == sorted(waited)
        for unmet in self.model.values():
            unmet.discard(parent)

    @rule(trial=IDS)
    def remove(self, trial):
        assert self.queue.remove(trial) == (self.model.pop(trial, None) is not None)

    @precondition(lambda self: self.model)
    @rule()
    def take_first(self):
        first = self.queue.first_ready()
        if first is not None:
            assert self.queue.remove(first)
            del self.model[first]

    @invariant()
    def the_same(self):
        ready = sorted(trial for trial, unmet in self.model.items() if not unmet)
        assert len(self.queue) == len(self.model)
        assert self.queue.ready() == ready
        assert self.queue.first_ready() == (ready[0] if ready else None)
        for trial in range(31):
            assert (trial in self.queue) == (trial in self.model)
            assert self.queue.is_ready(trial) == (trial in ready)
            assert self.queue.unmet(trial) == self.model.get(trial, set())
            waiting = sorted(t for t, unmet in self.model.items() if trial in unmet)
            assert sorted(self.queue.waiting_for(trial)) == waiting


TestQueueBesideModel = QueueBesideModel.TestCase


def test_entries_of_removed_trials_are_bounded():
    queue = Queue()
    for round_ in range(1000):
        queue.add(0, [1] if round_ % 2 else ())
        queue.remove(0)
        queue.first_ready()
    assert not queue._ready
    assert not queue._children

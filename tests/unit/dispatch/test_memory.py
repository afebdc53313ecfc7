"""The dispatcher in memory behaves like the real one."""

import pytest

from controller.core import events as e
from controller.core.model import NodeInfo, Outcome, State
from controller.dispatch.interface import End, NodeProbe, Probe, Start
from controller.dispatch.memory import MemoryDispatcher
from tests.unit.dispatch.specs import spec


class Twin(MemoryDispatcher):
    """Collects what it posts. Attempts take 10 s and have the value 1.0."""

    def __init__(self, *nodes):
        self.posted = []
        infos = [NodeInfo(name, slots) for name, slots in nodes or [("a", 1)]]
        super().__init__(infos, lambda order: (10.0, 1.0), self.posted.extend)

    @property
    def events(self):
        """What is posted about trials that run, without the answers to orders."""
        return [event for event in self.posted if not isinstance(event, e.Armed)]

    def start(self, *names, node="a", restore=(), slots=1):
        self.submit([Start(name, node, spec(name, restore=restore, slots=slots)) for name in names])

    def run_until(self, kind, count=1):
        while sum(isinstance(event, kind) for event in self.events) < count:
            assert self.step(), f"it stops before {count} of {kind}"

    def finish(self):
        while self.step():
            pass

    def outcomes(self):
        ends = [event for event in self.events if isinstance(event, e.Ended)]
        return {f"{end.trial}.{end.number}": end.outcome for end in ends}


def test_an_attempt_from_order_to_commit():
    twin = Twin()
    twin.start("0.1")
    twin.finish()
    assert e.Armed(at=1.5, trial=0, number=1) in twin.posted
    began, ended, seen = twin.events
    assert (began.at, ended.at) == (1.5, 11.5)
    assert ended.outcome is Outcome.COMMITTED
    assert (seen.state, seen.value, seen.weights) == (State.SUCCEEDED, 1.0, True)


def test_every_order_leads_to_one_event_and_nothing_starts_twice():
    twin = Twin()
    twin.start("0.1", "0.1")
    twin.submit([Probe("0.1", "a"), Probe("9.1", "a"), End("9.1", "a", "recalled")])
    twin.finish()
    assert sum(isinstance(event, e.Armed) for event in twin.posted) == 3
    assert sum(isinstance(event, e.Began) for event in twin.posted) == 1
    ends = [(x.trial, x.outcome) for x in twin.posted if isinstance(x, e.Ended)]
    assert ends == [(9, Outcome.LOST), (9, Outcome.RECALLED), (0, Outcome.COMMITTED)]
    twin.submit([Probe("0.1", "a")])
    twin.finish()
    assert twin.posted[-1].outcome is Outcome.COMMITTED


def test_a_probe_starts_an_attempt_that_never_arrived():
    twin = Twin()
    twin.submit([Probe("0.1", "a", spec("0.1"))])
    twin.finish()
    assert twin.outcomes() == {"0.1": Outcome.COMMITTED}


def test_a_node_is_always_up():
    twin = Twin()
    twin.submit([NodeProbe("a")])
    twin.finish()
    assert twin.posted == [e.NodeUp(at=1.5, node="a")]


def test_a_node_runs_one_attempt_a_slot():
    twin = Twin(("a", 2))
    twin.start("0.1", "1.1", "2.1", slots=1)
    twin.run_until(e.Ended, 2)
    assert sum(isinstance(event, e.Began) for event in twin.events) == 3
    assert twin.events[2].trial == 0  # the third began only after an end
    twin.finish()
    assert set(twin.outcomes().values()) == {Outcome.COMMITTED}


def test_a_trial_that_needs_several_slots_is_not_overtaken():
    twin = Twin(("a", 2))
    twin.start("0.1")
    twin.start("1.1", slots=2)
    twin.start("2.1")
    twin.finish()
    assert [x.trial for x in twin.events if isinstance(x, e.Began)] == [0, 1, 2]


def test_a_child_begins_when_its_parent_is_committed():
    twin = Twin(("a", 4))
    twin.start("0.1")
    twin.start("1.1", restore=(0,))
    twin.finish()
    kinds = [(type(event), event.trial) for event in twin.events]
    assert kinds.index((e.VerdictSeen, 0)) < kinds.index((e.Began, 1))


def test_a_child_of_a_trial_without_weights_ends():
    twin = Twin(("a", 4))
    twin.start("0.1")
    twin.start("1.1", restore=(0,))
    twin.run_until(e.Began)
    twin.pass_verdict(0, State.CANCELLED, "enough")
    twin.finish()
    assert twin.outcomes() == {"1.1": Outcome.PARENT, "0.1": Outcome.BEATEN}
    assert twin.events[-2].parent == 0 or twin.events[2].parent == 0


@pytest.mark.parametrize("how", ["cancelled", "recalled"])
def test_an_armed_attempt_can_be_ended(how):
    twin = Twin()
    twin.start("0.1", "1.1")
    twin.run_until(e.Began)
    twin.submit([End("1.1", "a", how)])
    twin.finish()
    assert twin.outcomes() == {"0.1": Outcome.COMMITTED, "1.1": Outcome(how)}


def test_a_running_attempt_is_not_recalled():
    twin = Twin()
    twin.start("0.1")
    twin.run_until(e.Began)
    twin.submit([End("0.1", "a", "recalled")])
    twin.finish()
    assert twin.outcomes() == {"0.1": Outcome.COMMITTED}


def test_a_stopped_attempt_keeps_its_weights_and_frees_its_slot():
    twin = Twin()
    twin.start("0.1", "1.1")
    twin.run_until(e.Began)
    twin.submit([End("0.1", "a", "stopped", "hopeless")])
    twin.finish()
    [seen] = [x for x in twin.events if isinstance(x, e.VerdictSeen) and x.trial == 0]
    assert (seen.state, seen.weights, seen.reason) == (State.STOPPED, True, "hopeless")
    assert twin.outcomes() == {"0.1": Outcome.STOPPED, "1.1": Outcome.COMMITTED}


def test_the_first_verdict_is_final():
    twin = Twin()
    twin.start("0.1")
    twin.finish()
    twin.pass_verdict(0, State.CANCELLED, "too late")
    assert twin.events[-1] == twin.events[-2]
    assert twin.events[-1].state is State.SUCCEEDED


def test_a_look_reports_the_verdict_or_its_absence():
    twin = Twin()
    twin.look(0)
    twin.pass_verdict(0, State.FAILED, "exit code 3")
    twin.look(0)
    assert [type(event) for event in twin.events] == [e.NoVerdict, e.VerdictSeen, e.VerdictSeen]


def test_nothing_happens_after_close():
    twin = Twin()
    twin.start("0.1")
    twin.close(0)
    assert not twin.step()
    assert not twin.posted

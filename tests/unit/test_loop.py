"""The loop, with everything around it played by the test."""

import queue
from unittest import mock

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import NodeInfo, Outcome, Rules
from controller.dispatch.interface import Answer, AttemptStatus, Probe, Start
from controller.engine.loop import Loop
from controller.engine.messages import MessageQueue


class Bench:
    def __init__(self):
        self.post, self.dispatcher = MessageQueue(), mock.Mock()
        self.journal, specs, self.observer = mock.Mock(), mock.Mock(), mock.Mock()
        specs.of.side_effect = lambda trial, number, node: {"params": trial.params}
        watch, inbox = mock.Mock(stalled_since=None, free_bytes=None), mock.Mock()
        inbox.receive.return_value = []
        self.loop = Loop(
            Experiment(Rules(trials=1)), self.journal, post=self.post, tuner=mock.Mock(),
            watch=watch, dispatcher=self.dispatcher, specs=specs, inbox=inbox,
            observers=[self.observer], ask_on_interrupt=mock.Mock(return_value="stop"),
            clock=lambda: 0.0, now=lambda: 0.0,
        )  # fmt: skip
        self.loop.begin([
            e.Opened(at=0.0), e.NodesFound(at=0.0, nodes=(NodeInfo("a", 1), NodeInfo("b", 1)))
        ])  # fmt: skip

    def hear(self, *events):
        self.post.events(events)
        self.loop.step(0.0)

    def situation(self):
        return self.observer.refresh.call_args[0][1]

    def orders(self):
        found = [order for call in self.dispatcher.submit.call_args_list for order in call[0][0]]
        self.dispatcher.submit.reset_mock()
        return found


def test_an_attempt_that_was_refused_is_not_started_again_under_its_number():
    bench = Bench()
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    [start] = bench.orders()
    probe = Probe("0.1", start.node)
    refused = Answer(start, AttemptStatus.REFUSED, "no room in /run")
    bench.post.answers([refused, Answer(probe, AttemptStatus.ABSENT)])
    bench.loop.step(0.0)
    assert bench.loop.experiment.trials[0].attempts[0].outcome is Outcome.REFUSED
    assert [order.attempt for order in bench.orders()] == ["0.2"]


def test_an_attempt_that_its_node_never_got_is_started_under_its_number():
    bench = Bench()
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    [start] = bench.orders()
    bench.post.answers([Answer(Probe("0.1", start.node), AttemptStatus.ABSENT)])
    bench.loop.step(0.0)
    assert bench.orders() == [Start("0.1", start.node, {"params": {"x": 1}})]


def test_a_wave_that_cannot_leave_this_machine_is_not_held_against_the_node():
    bench = Bench()
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    [start] = bench.orders()
    probe = Probe("0.1", start.node)
    for _ in range(20):
        bench.post.answers(
            [Answer(probe, AttemptStatus.UNKNOWN, "no space left on device", ours=True)]
        )
        bench.loop.step(0.0)
    x = bench.loop.experiment
    assert x.trials[0].attempt is not None
    assert not x.placement.down
    assert bench.situation().no_wave == "no space left on device"
    bench.post.answers([Answer(probe, AttemptStatus.RUNNING)])
    bench.loop.step(0.0)
    assert bench.situation().no_wave is None


def test_without_anything_to_hear_it_waits_no_longer_than_it_may():
    bench = Bench()
    bench.orders()
    with mock.patch.object(bench.post, "items", mock.Mock()) as items:
        items.get.side_effect = queue.Empty
        bench.loop.step(0.5)
    items.get.assert_called_once_with(timeout=0.5)
    assert bench.orders() == []


def test_observers_see_an_event_after_the_journal_has_it():
    bench = Bench()
    calls = mock.Mock()
    calls.attach_mock(bench.journal.append, "append")
    calls.attach_mock(bench.observer.tell, "tell")
    event = e.Proposed(at=0.0, trial=0, params={"x": 1})
    bench.hear(event)
    [(_, (journaled,), _), (kind, (experiment, seen), _), *_] = calls.mock_calls
    assert (journaled[0], kind, seen) == (event, "tell", event)
    assert len(experiment.trials) == 1


def test_an_observer_that_raises_is_logged_once_and_does_not_stop_the_loop(caplog):
    bench = Bench()
    bench.observer.tell.side_effect = RuntimeError("no terminal")
    bench.observer.refresh.side_effect = RuntimeError("no terminal")
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    bench.hear(e.StopAsked(at=0.0, reason="enough"))
    assert bench.loop.experiment.stopping == "enough"
    assert [record.getMessage() for record in caplog.records] == [
        "Mock failed; its further errors are not logged"
    ]


def test_ctrl_c_asks_and_stops_the_experiment():
    bench = Bench()
    bench.loop.interrupts = 1
    bench.loop.step(0.0)
    assert bench.loop.experiment.stopping == "stopped by a person"
    assert bench.loop.interrupts == 0

"""The loop, with mocks of everything around it."""

import queue
from typing import Any, cast
from unittest import mock

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import AttemptState, NodeInfo, Outcome, Rules
from controller.dispatch.interface import NodeProbe, Probe, Start
from controller.engine.loop import Loop
from controller.engine.messages import MessageQueue

_SPEC = cast("Any", {"params": {"x": 1}})  # what the double of Specs returns


class Bench:
    def __init__(self):
        self.post, self.dispatcher = MessageQueue(), mock.Mock()
        self.journal, specs, self.observer = mock.Mock(), mock.Mock(), mock.Mock()
        specs.of.side_effect = lambda trial, number, node: {"params": trial.params}
        self.watch = mock.Mock(stalled_since=None, free_bytes=None)
        self.inbox = mock.Mock()
        self.inbox.receive.return_value = []
        self.time = 0.0
        self.loop = Loop(
            Experiment(Rules(trials=1)),
            self.journal,
            post=self.post,
            tuner=mock.Mock(),
            watch=self.watch,
            dispatcher=self.dispatcher,
            specs=specs,
            inbox=self.inbox,
            observers=[self.observer],
            ask_on_interrupt=mock.Mock(return_value="stop"),
            clock=lambda: self.time,
            now=lambda: 0.0,
        )
        self.loop.begin(
            [e.Opened(at=0.0), e.NodesFound(at=0.0, nodes=(NodeInfo("a", 1), NodeInfo("b", 1)))]
        )

    def hear(self, *events):
        self.post.events(events)
        self.loop.step(0.0)

    def situation(self):
        return self.observer.refresh.call_args[0][1]

    def orders(self):
        found = [order for call in self.dispatcher.submit.call_args_list for order in call[0][0]]
        self.dispatcher.submit.reset_mock()
        return found


def test_a_placed_attempt_is_started_on_its_node():
    bench = Bench()
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    assert bench.orders() == [Start("0.1", "a", _SPEC)]


def test_a_silent_attempt_is_probed_with_its_spec_while_its_arrival_is_unknown():
    bench = Bench()
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    bench.orders()
    bench.post.lost_heartbeat(0, 1)
    bench.loop.step(0.0)
    assert bench.orders() == [Probe("0.1", "a", _SPEC)]
    bench.hear(e.Armed(at=0.0, trial=0, number=1))
    bench.post.lost_heartbeat(0, 1)
    bench.loop.step(0.0)
    assert bench.orders() == [Probe("0.1", "a")]


def test_the_dispatcher_gets_what_the_store_reports_about_an_attempt():
    bench = Bench()
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    bench.hear(e.Began(at=0.0, trial=0, number=1))
    bench.hear(e.Ended(at=0.0, trial=0, number=1, outcome=Outcome.FAILED))
    assert bench.dispatcher.note.call_args_list == [
        mock.call("0.1", AttemptState.RUNNING),
        mock.call("0.1", AttemptState.ENDED),
    ]


def test_repeated_reports_about_a_node_are_not_journaled():
    bench = Bench()
    down = e.NodeDown(at=0.0, node="a", reason="no route")
    bench.hear(e.NodeUp(at=0.0, node="a"), e.NodeDown(at=0.0, node="z", reason=""), down, down)
    assert bench.journal.append.call_args[0][0] == [down]
    assert bench.orders() == [NodeProbe("a")]


def test_mail_is_acknowledged_after_its_events_are_journaled():
    bench = Bench()
    calls = mock.Mock()
    calls.attach_mock(bench.journal.append, "append")
    calls.attach_mock(bench.watch.acknowledge, "acknowledge")
    event = e.Proposed(at=0.0, trial=0, params={"x": 1})
    bench.post.events([event], ["0.1.began.json"])
    bench.loop.step(0.0)
    [(first, (journaled,), _), acknowledged] = calls.mock_calls
    assert (first, journaled[0]) == ("append", event)
    assert acknowledged == mock.call.acknowledge(["0.1.began.json"])


def test_a_request_is_removed_from_the_inbox_after_its_event_is_journaled():
    bench = Bench()
    bench.inbox.receive.return_value = [("1.json", {"action": "stop"}), ("2.json", {})]
    bench.loop.step(0.0)
    assert bench.loop.experiment.stopping == "stopped by a person"
    assert bench.inbox.done.call_args_list == [mock.call("1.json"), mock.call("2.json")]


def test_the_situation_says_how_long_the_tuner_has_been_at_a_proposal():
    bench = Bench()
    assert bench.situation().tuner_thinking == 0.0
    bench.time = 12.0
    bench.loop.step(0.0)
    assert bench.situation().tuner_thinking == 12.0
    bench.hear(e.Proposed(at=0.0, trial=0, params={"x": 1}))
    assert bench.situation().tuner_thinking is None


def test_a_step_waits_no_longer_than_its_timeout():
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

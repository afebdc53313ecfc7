"""Carrying out decisions: the calls that an event in the journal leads to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.core.model import Attempt, AttemptState, State, Trial, attempt_name
from controller.dispatch.interface import (
    Dispatcher,
    End,
    EventCallback,
    NodeProbe,
    Order,
    Probe,
    Start,
)
from controller.tuners.results import result_of
from heirloom.node.spec import Spec

log = logging.getLogger(__name__)


class Tuner(Protocol):
    """The calls of the tuner and the assessor. None of them blocks."""

    def propose(self, trial: int, room: int = 1) -> None:
        """Request a proposal. `room` is the number of trials that may be proposed now."""

    def observe(self, result: Mapping[str, Any]) -> None:
        """Report a trial's end."""

    def conclude(self) -> None:
        """Request the last trials of the search."""

    def report(self, trial: int, number: int, reports: Sequence[tuple[int, Any]]) -> None:
        """Pass reports of an attempt, each a step and a value, on to the assessor."""

    def continued(self, trial: int, number: int, source: int, step: int) -> None:
        """Tell the assessor that an attempt continues an earlier one after a step."""

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Ask which of the trials may still be named as parents."""


class Store(Protocol):
    """The operations on the store. None of them blocks; results come as events."""

    def monitor(self, trial: int, number: int, reports_known: int = 0) -> None:
        """Watch an attempt's heartbeat, and its reports after the first `reports_known`."""

    def stop_monitoring(self, trial: int, number: int) -> None:
        """Stop watching an attempt."""

    def request_end(self, trial: int, number: int, how: str, reason: str) -> None:
        """Request the end of an attempt, sooner than an order reaches its node. It may get lost."""

    def pass_verdict(self, trial: int, state: State, reason: str) -> None:
        """Record a verdict unless the trial has one; report the valid one."""

    def read_verdict(self, trial: int) -> None:
        """Report the trial's verdict, or NoVerdict."""

    def remove(self, trials: Sequence[int], attempts: Sequence[tuple[int, int]]) -> None:
        """Remove weights of trials and leftovers of attempts; report Removed."""

    def remove_checkpoints(self, attempts: Sequence[tuple[int, int]]) -> None:
        """Remove the checkpoints of attempts; report CheckpointsRemoved."""


class SpecSource(Protocol):
    """Makes specs of attempts."""

    def of(self, trial: Trial, number: int, node_name: str) -> Spec:
        """The spec of one attempt on a node."""


class Actions:
    """Carries out decisions, and passes other events on to those who depend on them.

    The events must be applied and journaled before. What comes of an action is an event, which
    goes to `post`, from any thread. `now` gives the time of events, in seconds since the epoch.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        tuner: Tuner,
        store: Store,
        dispatcher: Dispatcher,
        specs: SpecSource,
        post: EventCallback,
        now: Callable[[], float],
    ) -> None:
        self._experiment = experiment
        self._tuner = tuner
        self._store = store
        self._dispatcher = dispatcher
        self._specs = specs
        self._post = post
        self._now = now

    def carry_out(self, events: Iterable[e.Event], silent: Iterable[tuple[int, int]] = ()) -> None:
        """Do what the events ask for, and probe the attempts that are `silent`."""
        orders = [order for event in events if (order := self._act(event)) is not None]
        for trial, number in silent:
            attempt = self._experiment.attempt(trial, number)
            if attempt is not None and attempt.state is not AttemptState.ENDED:
                log.info("%d.%d is silent; probing it on %s", trial, number, attempt.node)
                orders.append(self._probe(trial, attempt))
        if orders:
            self._dispatcher.submit(orders)

    def resume(self, left: Iterable[tuple[int, int]]) -> None:
        """Repeat what an earlier controller decided and whose result is not in the journal.

        `left` are the attempts that it left on nodes.
        """
        x = self._experiment
        orders: list[Order] = []
        for trial, number in left:
            attempt = x.attempt(trial, number)
            assert attempt is not None
            self._store.monitor(trial, number, attempt.reports)
            self._store.read_verdict(trial)
            end = x.commands.ends.issued.get((trial, number))
            if end is None:
                orders.append(self._probe(trial, attempt))
            else:
                orders.append(self._end(trial, attempt, end.how, end.reason))
        for trial, (state, reason) in x.commands.verdicts.issued.items():
            self._store.pass_verdict(trial, state, reason)
        for trial in x.commands.checks.issued:
            self._store.read_verdict(trial)
        if x.gc.is_removing:
            removals, leftovers = x.commands.removals.issued, x.commands.leftovers.issued
            self._store.remove(tuple(removals), tuple(leftovers))
        if checkpoints := tuple(x.commands.checkpoints.issued):
            self._store.remove_checkpoints(checkpoints)
        for node in x.placement.down:
            orders.append(NodeProbe(node, delay=0.0, set_aside=node in x.set_aside))
        if orders:
            self._dispatcher.submit(orders)

    def _act(self, event: e.Event) -> Order | None:
        """Carry out one event; return the order that it leads to."""
        x = self._experiment
        match event:
            case e.Reported() | e.ReportedMany() | e.ContinuedFrom() if x.rules.assess:
                self._assess(event)
            case e.ProposalAsked() | e.ResultSent() | e.ConclusionAsked() | e.ParentsAsked():
                self._call_tuner(event)
            case e.VerdictAsked():
                self._store.pass_verdict(event.trial, event.state, event.reason)
            case e.CheckAsked():
                self._store.read_verdict(event.trial)
            case e.RemovalAsked() if event.trials or event.attempts:
                self._store.remove(event.trials, event.attempts)
            case e.CheckpointsRemovalAsked():
                self._store.remove_checkpoints(event.attempts)
            case e.Placed():
                self._store.monitor(event.trial, event.number)
                spec = self._specs.of(x.trials[event.trial], event.number, event.node)
                return Start(attempt_name(event.trial, event.number), event.node, spec)
            case e.EndAsked():
                attempt = x.attempt(event.trial, event.number)
                assert attempt is not None
                return self._end(event.trial, attempt, event.how, event.reason)
            case e.Began():
                name = attempt_name(event.trial, event.number)
                self._dispatcher.note(name, AttemptState.RUNNING)
            case e.Ended():
                self._store.stop_monitoring(event.trial, event.number)
                name = attempt_name(event.trial, event.number)
                self._dispatcher.note(name, AttemptState.ENDED)
            case e.NodeDown():
                return NodeProbe(event.node)
            case e.NodeSetAside():
                return NodeProbe(event.node, delay=event.wait, set_aside=True)
        return None

    def _call_tuner(
        self, event: e.ProposalAsked | e.ResultSent | e.ConclusionAsked | e.ParentsAsked
    ) -> None:
        x = self._experiment
        match event:
            case e.ProposalAsked():
                self._tuner.propose(event.trial, x.room)
            case e.ResultSent():
                self._tuner.observe(result_of(x.trials[event.trial], x.rules.objectives))
            case e.ConclusionAsked():
                self._tuner.conclude()
            case e.ParentsAsked():
                self._ask_for_parents(event.trials)

    def _assess(self, event: e.Reported | e.ReportedMany | e.ContinuedFrom) -> None:
        if isinstance(event, e.ContinuedFrom):
            self._tuner.continued(event.trial, event.number, event.source, event.step)
        else:
            self._tuner.report(event.trial, event.number, event.reports)

    def _probe(self, trial: int, attempt: Attempt) -> Probe:
        x, spec = self._experiment, None
        if attempt.state is AttemptState.PLACED and attempt.node in x.placement.nodes:
            spec = self._specs.of(x.trials[trial], attempt.number, attempt.node)
        return Probe(attempt_name(trial, attempt.number), attempt.node, spec)

    def _end(self, trial: int, attempt: Attempt, how: str, reason: str) -> End:
        """Request the end on the store, and order it: the order confirms it."""
        self._store.request_end(trial, attempt.number, how, reason)
        return End(attempt_name(trial, attempt.number), attempt.node, how, reason)

    def _ask_for_parents(self, trials: Sequence[int]) -> None:
        """Report the tuner's answer. If it has none, any of the trials may be named."""

        def answered(answer: Future[dict[int, bool]]) -> None:
            may = {} if answer.exception() is not None else answer.result()
            possible = tuple(trial for trial in trials if may.get(trial, True))
            self._post([e.ParentsAnswered(at=self._now(), trials=tuple(trials), possible=possible)])

        self._tuner.may_be_parent(trials).add_done_callback(answered)

"""The loop: hears what happened, journals it with what the core decides, and carries that out.

Everything slow (Ansible, the store, the tuner) has its own thread or process and posts to one
queue; the loop alone touches the experiment and the journal.
"""

from __future__ import annotations

import contextlib
import heapq
import logging
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import count
from typing import Any, Protocol

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.core.model import Attempt, AttemptState, attempt_name, split_attempt
from controller.core.results import result_of
from controller.dispatch.answers import HELLO, ask_again, events_of, is_unsent
from controller.dispatch.interface import (
    Answer,
    AttemptStatus,
    Dispatcher,
    End,
    Order,
    Probe,
    Start,
)
from controller.engine.messages import AttemptSilent, EventsReceived, MessageQueue, NodesAnswered
from controller.engine.observer import InterruptPrompt, Observer, Observers, Situation
from controller.engine.requests import asked
from controller.engine.specs import Specs
from controller.state.inbox import Inbox
from controller.state.journal import Journal
from controller.store.watch import StoreWatch
from controller.tuners.process import LongCall

log = logging.getLogger(__name__)

_TICK = 0.25  # seconds between two looks at the inbox, the clock and the screen
_ASK_AGAIN = 5.0  # seconds from a broken wave to the next question
_UNKNOWN = 5  # broken waves about an attempt after which it counts as lost
_HELLO = 15.0  # seconds between two questions to a node that is down
_UNWELL = (
    AttemptStatus.UNKNOWN,
    AttemptStatus.UNREACHABLE,
    AttemptStatus.REFUSED,
)  # a node asked for itself is not
_CLOSE = 10.0  # seconds that threads get to finish


class Tuner(Protocol):
    """What the loop asks of the tuner's process."""

    long_calls: Sequence[LongCall]  # that one with NNI's interface is at

    def propose(self, trial: int, room: int = 1) -> None:
        """Ask for a trial; so many could be proposed now."""

    def under_way(self, count: int) -> None:
        """Tell of how many trials have no verdict."""

    def observe(self, result: dict[str, Any]) -> None:
        """Tell of a trial's end."""

    def report(self, trial: int, step: int, value: Any, number: int = 1) -> None:
        """Tell the assessor of a report."""

    def may_be_parent(self, trials: Sequence[int]) -> Future[dict[int, bool]]:
        """Ask which of the trials it may still name as parents."""

    def close(self, timeout: float) -> None:
        """End it."""


class Loop:
    """Runs one experiment. The caller holds its lock and has applied its journal."""

    def __init__(
        self,
        experiment: Experiment,
        journal: Journal,
        *,
        post: MessageQueue,
        tuner: Tuner,
        watch: StoreWatch,
        dispatcher: Dispatcher,
        specs: Specs,
        inbox: Inbox,
        observers: Sequence[Observer] = (),
        ask_on_interrupt: InterruptPrompt,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.experiment = experiment
        self._journal = journal
        self._decisions = Decisions(experiment)
        self._post = post
        self._tuner = tuner
        self._watch = watch
        self._dispatcher = dispatcher
        self._specs = specs
        self._inbox = inbox
        self._observers = Observers(observers)
        self._ask_on_interrupt = ask_on_interrupt
        self._clock, self._now = clock, now
        self._later: list[tuple[float, int, Order]] = []
        self._order = count()
        self._unknown: Counter[tuple[str, str]] = Counter()  # broken waves in a row
        self._no_wave: str | None = None  # why none can leave this machine
        self._asked_at: float | None = None
        self._open_trials: int | None = None  # as the tuner was told
        self.interrupts = 0  # set by the signal handler; looked at once a turn
        self.leave = False  # stop looking after the trials, and let them run

    def run(self, first: Sequence[e.Event]) -> e.Closed | None:
        """Journal `first` and go on until the search is over (its Closed) or left (None).

        Raises JournalError when the journal can't be written; trials go on running then.
        """
        try:
            self.begin(first)
            while self.experiment.closed is None and not self.leave:
                self.step()
            return self.experiment.closed
        finally:
            self._close()

    def begin(self, first: Sequence[e.Event]) -> None:
        """Journal `first`, and take up what an earlier controller left."""
        left = list(self.experiment.on_nodes)
        self._turn(list(first), [])
        self._take_up(left)
        self._watch.start()  # only now: mail of an attempt that is not followed has no reports

    def step(self, patience: float = _TICK) -> None:
        """Wait for something to happen, at most `patience` seconds, and see to it."""
        self._turn(*self._hear(patience))
        if self.interrupts:
            self._interrupted()

    # One turn

    def _turn(self, events: list[e.Event], journaled: list[Callable[[], None]]) -> None:
        now = self._now()
        heard, events = events + self._requests(now, journaled), []
        for event in heard:
            if not self._is_known(event):
                self.experiment.apply(event)
                events.append(event)
        events += self._decisions.decide(now, self._watch.free_bytes)
        self._journal.append(events)
        for done in journaled:
            done()
        if self.experiment.open_trials != self._open_trials:
            self._open_trials = self.experiment.open_trials
            self._tuner.under_way(self._open_trials)
        orders = [order for event in events if (order := self._act(event)) is not None]
        orders += self._due()
        if orders:
            self._dispatcher.submit(orders)
        for event in events:
            self._observers.tell(self.experiment, event)
        self._observers.refresh(self.experiment, self._situation(now))

    def _is_known(self, event: e.Event) -> bool:
        """Whether the event tells of a verdict again: the attempts that it beat see it too."""
        trials = self.experiment.trials
        if not isinstance(event, e.VerdictSeen) or event.trial >= len(trials):
            return False
        return trials[event.trial].state.is_verdict

    def _hear(self, patience: float) -> tuple[list[e.Event], list[Callable[[], None]]]:
        """Wait for the first thing to happen, and take all that is there."""
        events: list[e.Event] = []
        journaled: list[Callable[[], None]] = []
        with contextlib.suppress(queue.Empty):
            item = self._post.items.get(timeout=patience)
            while True:
                match item:
                    case EventsReceived():
                        events += item.events
                        if item.journaled is not None:
                            journaled.append(item.journaled)
                    case NodesAnswered():
                        for answer in item.answers:
                            events += self._answered(answer)
                    case AttemptSilent():
                        self._silent(item.trial, item.number)
                item = self._post.items.get_nowait()
        return events, journaled

    def _act(self, event: e.Event) -> Order | None:
        """Carry out a decision, and tell those concerned of what happened."""
        x = self.experiment
        match event:
            case e.ProposalAsked():
                self._asked_at = self._clock()
                self._tuner.propose(event.trial, x.room)
            case e.Proposed() | e.ProposalWithheld() | e.SearchEnded():
                self._asked_at = None
            case e.ResultSent():
                self._tuner.observe(result_of(x.trials[event.trial]))
            case e.Reported() if x.rules.assess:
                self._tuner.report(event.trial, event.step, event.value, event.number)
            case e.Placed():
                trial = x.trials[event.trial]
                self._watch.follow(event.trial, event.number)
                spec = self._specs.of(trial, event.number, event.node)
                return Start(attempt_name(event.trial, event.number), event.node, spec)
            case e.EndAsked():
                attempt = x.attempt(event.trial, event.number)
                name = attempt_name(event.trial, event.number)
                assert attempt is not None
                return End(name, attempt.node, event.how, event.reason)
            case e.VerdictAsked():
                self._watch.pass_verdict(event.trial, event.state, event.reason)
            case e.CheckAsked():
                self._look(event.trial)
            case e.ParentsAsked():
                self._ask_for_parents(event.trials)
            case e.RemovalAsked() if event.trials or event.attempts:
                self._watch.remove(event.trials, event.attempts)
            case e.Ended():
                self._watch.unfollow(event.trial, event.number)
            case e.NodeDown():
                self._schedule(_HELLO, Probe(HELLO, event.node))
            case e.NodeSetAside():
                self._schedule(event.wait, Probe(HELLO, event.node))
        return None

    # What is heard

    def _answered(self, answer: Answer) -> list[e.Event]:
        x = self.experiment
        order, now = answer.order, self._now()
        attempt = x.attempt(*split_attempt(order.attempt)) if order.attempt != HELLO else None
        about = (order.attempt, order.node)
        self._no_wave = answer.reason if answer.ours else None
        if answer.found is not AttemptStatus.UNKNOWN:
            self._unknown.pop(about, None)
        else:
            log.warning("%s on %s: %s", *about, answer.reason)
            self._unknown[about] += not answer.ours
            if self._unknown[about] >= _UNKNOWN:
                answer = Answer(order, AttemptStatus.UNREACHABLE, answer.reason)
        if is_unsent(answer, attempt):
            trial, number = split_attempt(order.attempt)
            spec = self._specs.of(x.trials[trial], number, order.node)
            self._schedule(0.0, Start(order.attempt, order.node, spec))
        elif order.attempt == HELLO and answer.found in _UNWELL:
            if order.node in x.placement.nodes:
                self._schedule(_HELLO, order)
        elif (again := ask_again(answer, attempt)) is not None:
            self._schedule(_ASK_AGAIN, again)
        asked = order.attempt == HELLO
        return [event for event in events_of(answer, attempt, now) if self._is_news(event, asked)]

    def _is_news(self, event: e.Event, asked: bool) -> bool:
        """Whether a node that is told to be up or down was not so before.

        One that is set aside is up when it was `asked` for itself, and says that it is well.
        """
        placement = self.experiment.placement
        if isinstance(event, e.NodeUp):
            return event.node in placement.down and (
                asked or event.node not in self.experiment.set_aside
            )
        if isinstance(event, e.NodeDown):
            return event.node in placement.nodes and event.node not in placement.down
        return True

    def _silent(self, trial: int, number: int) -> None:
        attempt = self.experiment.attempt(trial, number)
        if attempt is not None:
            log.info("%s is silent; asking %s", attempt_name(trial, number), attempt.node)
            self._schedule(0.0, Probe(attempt_name(trial, number), attempt.node))

    def _requests(self, now: float, journaled: list[Callable[[], None]]) -> list[e.Event]:
        """What the user's other processes ask for."""
        events: list[e.Event] = []
        for name, request in self._inbox.receive():
            event = asked(request, name, now)
            if event is None:
                log.warning("a request that means nothing was dropped: %r", request)
            else:
                events.append(event)
            journaled.append(partial(self._inbox.done, name))
        return events

    def _interrupted(self) -> None:
        """Ctrl-C: ask once whether the trials go on; a second one means that they do."""
        self.interrupts = 0
        choice = self._ask_on_interrupt(self.experiment)
        if choice == "stop":
            self._turn([e.StopAsked(at=self._now(), reason="stopped by a person")], [])
        elif choice == "leave":
            self.leave = True

    # Taking up, and letting go

    def _take_up(self, left: Sequence[tuple[int, int]]) -> None:
        """Carry out again what the journal says was decided and not what became of it.

        `left` are the attempts that an earlier controller left on nodes.
        """
        x = self.experiment
        orders: list[Order] = []
        for trial, number in left:
            attempt = x.attempt(trial, number)
            assert attempt is not None
            self._watch.follow(trial, number, attempt.reports)
            self._look(trial)
            orders += self._orders_for(trial, number, attempt)
        for trial, (state, reason) in x.commands.verdicts.issued.items():
            self._watch.pass_verdict(trial, state, reason)
        for trial in x.commands.checks.issued:
            self._look(trial)
        if x.gc.is_removing:
            removals, leftovers = x.commands.removals.issued, x.commands.leftovers.issued
            self._watch.remove(tuple(removals), tuple(leftovers))
        for node in x.placement.down:
            orders.append(Probe(HELLO, node))
        if orders:
            self._dispatcher.submit(orders)

    def _orders_for(self, trial: int, number: int, attempt: Attempt) -> list[Order]:
        name = attempt_name(trial, number)
        end = self.experiment.commands.ends.issued.get((trial, number))
        if end is not None:
            return [End(name, attempt.node, end.how, end.reason)]
        return [Probe(name, attempt.node)]

    def _ask_for_parents(self, trials: Sequence[int]) -> None:
        """Post what the tuner says; of one that can't say, any trial may be named."""

        def said(answer: Future[dict[int, bool]]) -> None:
            may = {} if answer.exception() is not None else answer.result()
            possible = tuple(trial for trial in trials if may.get(trial, True))
            self._post.events(
                [e.ParentsAnswered(at=self._now(), trials=tuple(trials), possible=possible)]
            )

        self._tuner.may_be_parent(trials).add_done_callback(said)

    def _look(self, trial: int) -> None:
        def looked() -> None:
            # After the verdict, where one stands: then this is heard too late to matter.
            self._post.events([e.NoVerdict(at=self._now(), trial=trial)])

        self._watch.look([trial], looked)

    def _schedule(self, seconds: float, order: Order) -> None:
        heapq.heappush(self._later, (self._clock() + seconds, next(self._order), order))

    def _due(self) -> list[Order]:
        orders = []
        while self._later and self._later[0][0] <= self._clock():
            order = heapq.heappop(self._later)[2]
            if not self._is_late(order):
                orders.append(order)
        return orders

    def _is_late(self, order: Order) -> bool:
        """Whether it would start an attempt that has ended meanwhile: nobody looks after that."""
        if not isinstance(order, Start):
            return False
        attempt = self.experiment.attempt(*split_attempt(order.attempt))
        return attempt is None or attempt.state is AttemptState.ENDED

    def _situation(self, now: float) -> Situation:
        thinking = None if self._asked_at is None else self._clock() - self._asked_at
        stalled = self._watch.stalled_since
        return Situation(
            now=now,
            tuner_thinking=thinking,
            long_calls=self._tuner.long_calls,
            store_stalled=None if stalled is None else self._clock() - stalled,
            no_wave=self._no_wave,
        )

    def _close(self) -> None:
        self._tuner.close(_CLOSE)
        self._dispatcher.close(_CLOSE)
        self._watch.close(_CLOSE)

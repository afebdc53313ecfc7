"""The loop that runs an experiment: collect events, decide, journal, carry out.

Everything slow (Ansible, the store, the tuner) has its own thread or process and reports through
one queue. The loop alone touches the experiment and the journal.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Protocol

from controller.core import events as e
from controller.core.decisions import Decisions
from controller.core.experiment import Experiment
from controller.dispatch.interface import Dispatcher
from controller.engine import actions
from controller.engine.actions import Actions, SpecSource
from controller.engine.continuation.tuner_state import StateKeeper
from controller.engine.messages import Batch, MessageQueue
from controller.engine.observer import (
    InterruptPrompt,
    Observer,
    Observers,
    PausePrompt,
    Situation,
    end_pause,
)
from controller.engine.requests import event_of
from controller.errors import HeirloomError
from controller.state.inbox import Inbox
from controller.state.journal import Journal
from controller.store.watch import StoreWatch
from controller.tuners.long_calls import LongCall
from heirloom.tuners.process.protocol import SavedState

log = logging.getLogger(__name__)

_TICK = 0.25  # seconds between two turns at most
_CLOSE = 10.0  # seconds that threads get to finish


class Tuner(actions.Tuner, Protocol):
    """The tuner's process, from its start to its end."""

    @property
    def long_calls(self) -> Sequence[LongCall]:
        """Calls that take long, of a tuner with NNI's interface."""

    @property
    def unassessed(self) -> int:
        """Reports that the assessor has not answered."""

    def under_way(self, count: int) -> None:
        """Report the number of trials without a verdict."""

    def state(self) -> Future[SavedState]:
        """Request all that decides later proposals."""

    def close(self, timeout: float) -> None:
        """End the process, within `timeout` seconds."""


class Loop:
    """Runs one experiment. The caller holds its lock and has applied its journal.

    `clock` is monotonic; `now` gives the time of events, since the epoch. Both are in seconds.
    """

    def __init__(  # noqa: PLR0913 - everything around the loop, each by its name
        self,
        experiment: Experiment,
        journal: Journal,
        *,
        post: MessageQueue,
        tuner: Tuner,
        watch: StoreWatch,
        dispatcher: Dispatcher,
        specs: SpecSource,
        inbox: Inbox,
        observers: Sequence[Observer] = (),
        ask_on_interrupt: InterruptPrompt,
        ask_on_pause: PausePrompt = end_pause,
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
        self._inbox = inbox
        self._observers = Observers(observers)
        self._ask_on_interrupt = ask_on_interrupt
        self._ask_on_pause = ask_on_pause
        self._ends_with_pause = False  # whether the user wants no more than the running trials
        self._clock, self._now = clock, now
        self._actions = Actions(
            experiment,
            tuner=tuner,
            store=watch,
            dispatcher=dispatcher,
            specs=specs,
            post=post.events,
            now=now,
        )
        self._tuner_state = StateKeeper(journal, tuner, clock)
        self._thinking: tuple[int, float] | None = None  # the trial asked for, and since when
        self._open_trials: int | None = None  # the last number reported to the tuner
        self.interrupts = 0  # set by the signal handler, read once a turn
        self.leave = False  # end the loop and let the trials run

    def run(self, first: Sequence[e.Event]) -> e.Closed | None:
        """Journal `first` and run until the search is over (its Closed), or left or paused (None).

        Raises JournalError if the journal cannot be written; trials go on running then.
        """
        try:
            self.begin(first)
            while not self.is_over:
                self.step()
            if self.experiment.closed is None and self.experiment.paused is None:
                self._note_time()
            self.settle()
            return self.experiment.closed
        finally:
            self._close()

    def settle(self, timeout: float = _CLOSE) -> None:
        """Write what follows from all events. The tuner gets `timeout` seconds for its state."""
        self._journal.settle()
        self._tuner_state.settle(timeout)

    def _note_time(self) -> None:
        """Journal that the controller ran until now, so that its time counts."""
        event = e.ControllerAlive(at=self._now())
        self.experiment.apply(event)
        self._journal.append([event])

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do: the search is over, or left, or paused and at rest."""
        x = self.experiment
        paused = x.paused is not None and self._ends_with_pause and x.is_at_rest
        return x.closed is not None or self.leave or paused

    def begin(self, first: Sequence[e.Event]) -> None:
        """Journal `first`, and continue what an earlier controller left unfinished."""
        left = list(self.experiment.on_nodes)
        self._turn(Batch(events=list(first)))
        self._actions.resume(left)
        self._watch.start()  # after `follow`: it reports nothing about attempts not followed

    def step(self, timeout: float = _TICK) -> None:
        """Wait for reports, `timeout` seconds at most, and process them."""
        self._turn(self._post.collect(timeout))
        if self.interrupts:
            self._interrupted()
        if self.experiment.paused is not None and not self._ends_with_pause:
            self._paused()

    def _turn(self, batch: Batch) -> None:
        now = self._now()
        requests = self._inbox.receive()
        new = self._apply(batch.events)
        for name, request in requests:
            new += self._apply(self._requested(name, request, now))
        self._tuner_state.note(new)
        self._tuner_state.request()
        decided = self._decisions.decide(now, self._watch.free_bytes)
        self._tuner_state.note(decided)
        events = new + decided
        self._journal.append(events)
        if batch.mail:
            self._watch.acknowledge(batch.mail)
        for name, _ in requests:
            self._inbox.done(name)
        if self.experiment.open_trials != self._open_trials:
            self._open_trials = self.experiment.open_trials
            self._tuner.under_way(self._open_trials)
        self._actions.carry_out(events, [(item.trial, item.number) for item in batch.silent])
        for event in events:
            self._observers.tell(self.experiment, event)
        self._observers.refresh(self.experiment, self._situation(now))
        self._tuner_state.keep()

    def _apply(self, events: Sequence[e.Event]) -> list[e.Event]:
        """Apply the events that are news, and return those."""
        news = []
        for event in events:
            if self._is_news(event):
                self.experiment.apply(event)
                news.append(event)
        return news

    def _is_news(self, event: e.Event) -> bool:
        """Whether the event is more than a repetition.

        The attempts that lose against a verdict report it too. A dispatcher may report the state of
        a node twice, or that of a node that is no longer listed.
        """
        trials, placement = self.experiment.trials, self.experiment.placement
        match event:
            case e.VerdictSeen():
                return event.trial >= len(trials) or not trials[event.trial].state.is_verdict
            case e.BudgetExtended():
                return event.request not in self.experiment.extensions
            case e.NodeUp():
                return event.node in placement.down
            case e.NodeDown():
                return event.node in placement.nodes and event.node not in placement.down
        return True

    def _requested(self, name: str, request: Mapping[str, Any], now: float) -> list[e.Event]:
        """The event that follows from a request of another process of the user, if any."""
        try:
            event = event_of(request, name, now, self.experiment)
        except HeirloomError as error:
            log.warning("a request was dropped: %s", error)
            return []
        if event is None:
            log.warning("an unknown request was dropped: %r", request)
            return []
        return [event]

    def _interrupted(self) -> None:
        """Ctrl-C: ask what becomes of the trials."""
        self.interrupts = 0
        choice = self._ask_on_interrupt(self.experiment)
        if choice == "stop":
            self._turn(Batch([e.StopAsked(at=self._now(), reason="stopped by a person")]))
        elif choice == "leave":
            self.leave = True

    def _paused(self) -> None:
        """Ask whether the search goes on. Trials that run are waited for meanwhile."""
        choice = self._ask_on_pause(self.experiment)
        if choice == "go on":
            self._turn(Batch([e.Continued(at=self._now())]))
        self._ends_with_pause = choice == "end"

    def _situation(self, now: float) -> Situation:
        stalled = self._watch.stalled_since
        return Situation(
            now=now,
            tuner_thinking=self._seconds_thinking(),
            long_calls=self._tuner.long_calls,
            store_stalled=None if stalled is None else self._clock() - stalled,
            no_wave=self._dispatcher.blocked,
            reading=self._watch.reading,
            unassessed=self._tuner.unassessed,
        )

    def _seconds_thinking(self) -> float | None:
        """How long the tuner has been at the proposal that it was asked for, if it is at one."""
        asked = self.experiment.asked
        if asked is None:
            self._thinking = None
            return None
        if self._thinking is None or self._thinking[0] != asked:
            self._thinking = asked, self._clock()
        return self._clock() - self._thinking[1]

    def _close(self) -> None:
        self._tuner.close(_CLOSE)
        self._dispatcher.close(_CLOSE)
        self._watch.close(_CLOSE)

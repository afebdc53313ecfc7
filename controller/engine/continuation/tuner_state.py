"""Keeps the tuner's state in the journal's database while a search runs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Protocol

from controller.core import events as e
from controller.engine.continuation.calls import Questions
from controller.state.journal import Journal
from controller.state.reading.tuner_state import TunerState
from controller.tuners.pipe import TunerError
from heirloom.tuners.process.protocol import SavedState

EVERY = 2000  # events between two states at least
_PART = 50  # the time between two states, as a multiple of that which the last one took
log = logging.getLogger(__name__)


class _Tuner(Protocol):
    def state(self) -> Future[SavedState]: ...


class StateKeeper:
    """Requests the tuner's state now and then, and keeps it for the next resume.

    A state contains the calls of all earlier turns of the loop, and none of the turn in which it is
    requested. It is requested only while no call waits for its answer: the journal would not have
    the answer that the state contains if the controller were killed. It takes at most 2 % of the
    time. A tuner that has no state is asked once.

    Args:
        clock: returns seconds, monotonic.
    """

    def __init__(
        self, journal: Journal, tuner: _Tuner, clock: Callable[[], float], *, every: int = EVERY
    ) -> None:
        self._journal = journal
        self._tuner = tuner
        self._clock = clock
        self._every = every
        self._questions = Questions()
        self._since = 0  # events since the last request
        self._seq = 0  # the last event whose calls the requested state contains
        self._began = 0.0  # when it was requested
        self._answer: Future[SavedState] | None = None
        self._not_before = float("-inf")
        self._has_none = False  # whether the tuner answered that it has no state

    def note(self, events: Sequence[e.Event]) -> None:
        """Take events in the order of the journal."""
        self._since += len(events)
        for event in events:
            self._questions.take(event)

    def request(self) -> None:
        """Request the state if that is due. No call of this turn was made yet."""
        if self._since >= self._every and self._clock() >= self._not_before:
            self._request()

    def keep(self) -> None:
        """Keep the state if the tuner has answered. Events of earlier turns are journaled."""
        if self._answer is None or not self._answer.done():
            return
        answer, self._answer = self._answer, None
        try:
            saved = answer.result()
        except TunerError:  # the search ends, and its events say why
            self._has_none = True
            return
        if saved["state"] is None:
            self._has_none = True
            log.info("the tuner's state is not kept: %s", saved["reason"])
            return
        self._journal.keep_tuner_state(TunerState(self._seq, saved))
        self._not_before = self._clock() + _PART * (self._clock() - self._began)

    def settle(self, timeout: float) -> None:
        """Keep the state at the end of a run. The tuner gets `timeout` seconds to answer."""
        if self._answer is None and self._since:
            self._request()
        if self._answer is not None:
            wait([self._answer], timeout)
        self.keep()

    def _request(self) -> None:
        if self._has_none or self._answer is not None or not self._questions.are_answered:
            return
        self._since = 0
        self._seq, self._began = self._journal.last, self._clock()
        self._answer = self._tuner.state()

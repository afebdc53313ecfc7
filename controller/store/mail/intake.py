"""Turn messages of supervisors into events, together with the verdict and the last reports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from controller.core.events import Ended, Event, VerdictSeen
from controller.core.model import Outcome
from controller.store.mail.mailbox import Mailbox
from controller.store.mail.messages import SupervisorMessage
from controller.store.monitor.attempts import AttemptMonitor
from controller.store.verdicts import Verdicts

_log = logging.getLogger(__name__)


class MailIntake:
    """Reads the mailbox.

    An `ended` is delayed until its verdict and the attempt's last reports have been read. If they
    cannot be read, that is for at most `timeout` seconds of `clock`. `now` is the wall clock.
    """

    def __init__(
        self,
        mailbox: Mailbox,
        verdicts: Verdicts,
        monitor: AttemptMonitor,
        timeout: float,
        clock: Callable[[], float],
        now: Callable[[], float],
    ) -> None:
        self._mailbox, self._verdicts, self._monitor = mailbox, verdicts, monitor
        self._timeout, self._clock, self._now = timeout, clock, now
        self._delayed_since: dict[str, float] = {}  # by the message's name

    def receive(self) -> tuple[list[Event], list[str]]:
        """Events, and the names of the messages that are complete with them. Raises OSError.

        Messages are received again unless they are held.
        """
        events: list[Event] = []
        names: list[str] = []
        for message in self._mailbox.receive():
            found, is_complete = self._events(message)
            events += found
            if is_complete:
                self._delayed_since.pop(message.name, None)
                names.append(message.name)
        return events, names

    def hold(self, names: Sequence[str]) -> None:
        """Do not receive these messages again: their events will be journaled."""
        self._mailbox.hold(names)

    def acknowledge(self, names: Sequence[str]) -> None:
        """Move journaled messages to `done`. Raises OSError; then call it again."""
        self._mailbox.acknowledge(names)

    def reset(self) -> None:
        """The store did not answer: measure the delays again."""
        self._delayed_since.clear()

    def _events(self, message: SupervisorMessage) -> tuple[list[Event], bool]:
        """Events of a message, in order, and whether they are all; if not, it is delayed."""
        at = self._now()
        event = message.event(at)
        if not isinstance(event, Ended):
            return [event], True
        key = message.trial, message.number
        since = self._delayed_since.setdefault(message.name, self._clock())
        may_delay = self._clock() - since < self._timeout
        reports: list[Event] = []
        try:
            found, more = self._monitor.last_reports(key, at)
            reports += found
            if more:  # the rest comes in the next rounds
                return reports, False
        except OSError as error:
            if may_delay:
                return [], False
            _log.error("the last reports of %s cannot be read: %s", key, error)
        end: list[Event] = [event]
        if message.has_manifest:
            verdict, problem = self._verdict(message.trial)
            if verdict is not None:
                end.append(verdict)
            elif may_delay:
                return reports, False
            else:
                _log.error("%s reported %s, but %s", key, event.outcome, problem)
                reason = f"{event.outcome}, but {problem}"
                end = [replace(event, outcome=Outcome.LOST, reason=reason)]
        self._monitor.forget(key)
        return [*reports, *end], True

    def _verdict(self, trial: int) -> tuple[VerdictSeen | None, str]:
        """The verdict on a trial, or why there is none."""
        try:
            return self._verdicts.read(trial), f"there is no verdict in trials/{trial}"
        except OSError as error:
            return None, f"trials/{trial}/manifest.json cannot be read ({error})"

"""What the loop reports about the experiment that it runs, and to whom."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from controller.core import events as e
from controller.core.experiment import Experiment
from controller.tuners.long_calls import LongCall

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Situation:
    """The state around the experiment that no event records.

    `now` is in seconds since the epoch; all other times are durations in seconds.
    """

    now: float
    tuner_thinking: float | None = None
    long_calls: Sequence[LongCall] = ()  # of a tuner with NNI's interface
    store_stalled: float | None = None
    no_wave: str | None = None  # why no order can leave this machine
    reading: tuple[int, int] | None = None  # a trial, and how many of its reports were read
    unassessed: int = 0  # reports that the assessor has not answered
    no_controller: str | None = None  # in words, that none runs a search that is watched


class Observer(Protocol):
    """Follows a running experiment. Both methods are called in the loop's thread."""

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Take one event. The journal holds it and the experiment has applied it."""

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Take the state after a turn of the loop."""


Choice = Literal["leave", "stop", "go on"]
InterruptPrompt = Callable[[Experiment], Choice]
"""Asks the user, after Ctrl-C, what becomes of the trials on nodes. Blocks until the answer."""


PauseChoice = Literal["go on", "end"]
PausePrompt = Callable[[Experiment], PauseChoice | None]
"""Asks the user whether a paused search goes on. Returns at once: None before the answer."""


def end_pause(experiment: Experiment) -> PauseChoice:
    """Where nobody can be asked: the controller ends, and the search can be resumed."""
    return "end"


class Observers:
    """Passes everything on to each observer.

    An observer that raises does not stop the loop: its first error is logged, and it is still
    called afterwards.
    """

    def __init__(self, observers: Iterable[Observer]) -> None:
        self._observers = tuple(observers)
        self._failed: set[Observer] = set()

    def tell(self, experiment: Experiment, event: e.Event) -> None:
        """Pass on one event."""
        for observer in self._observers:
            try:
                observer.tell(experiment, event)
            except Exception:
                self._log(observer)

    def refresh(self, experiment: Experiment, situation: Situation) -> None:
        """Pass on the state after a turn."""
        for observer in self._observers:
            try:
                observer.refresh(experiment, situation)
            except Exception:
                self._log(observer)

    def _log(self, observer: Observer) -> None:
        if observer not in self._failed:
            self._failed.add(observer)
            log.exception("%s failed; its further errors are not logged", type(observer).__name__)

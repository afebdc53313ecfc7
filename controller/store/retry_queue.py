"""Things to be done on the store that are tried again until the store lets them through."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

_FIRST_DELAY, _LONGEST_DELAY = 0.25, 10.0  # seconds between two tries
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Errand:
    what: str
    run: Callable[[], None]
    due: float
    delay: float = _FIRST_DELAY


class RetryQueue:
    """What is still to be done. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: list[_Errand] = []

    def add(self, what: str, run: Callable[[], None]) -> None:
        """Do this at the next chance; again, ever later, while it raises."""
        self._waiting.append(_Errand(what, run, self._clock()))

    def run(self) -> bool:
        """Try what is due. True when something got done."""
        now = self._clock()
        due = [errand for errand in self._waiting if errand.due <= now]
        self._waiting = [errand for errand in self._waiting if errand.due > now]
        done = False
        for errand in due:
            try:
                errand.run()
                done = True
            except Exception as error:
                # An error of our own is tried again too: nothing that waits may be forgotten.
                if errand.delay == _FIRST_DELAY:
                    ours = not isinstance(error, OSError)
                    _log.warning("%s: %s: trying again", errand.what, error, exc_info=ours)
                errand.due = self._clock() + errand.delay
                errand.delay = min(errand.delay * 2, _LONGEST_DELAY)
                self._waiting.append(errand)
        return done

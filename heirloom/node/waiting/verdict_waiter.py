"""Wait on a node for the verdicts of an attempt's parents.

A supervisor on this node that passes a verdict notifies the subscribers of that trial. Verdicts
passed elsewhere are found by polling the store. One supervisor per experiment and node, the poller,
does this for all of them; it holds the lock on the file `poller`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection
from typing import Optional

from ...store import flock
from ...store.files import Files
from .pause import Pause
from .wakeups import Wakeups

_FIRST_INTERVAL = 0.02  # seconds between the poller's first polls
_LONGEST_INTERVAL = 0.1  # seconds between its later polls, for few trials
_MOST_CHECKS = 40.0  # trials checked per second at most, for many trials
_FALLBACK = 2.0  # seconds until a supervisor that does not poll checks whether the poller lives


class VerdictWaiter:
    """Waits for verdicts on behalf of one attempt."""

    def __init__(
        self, files: Files, root: str, directory: str, wakeups: Wakeups, attempt: str
    ) -> None:
        """`root` is the experiment's directory on the store, `directory` is RUN/EXPERIMENT."""
        self._files = files
        self._root = root
        self._lock = f"{directory}/poller"
        self._wakeups = wakeups
        self._attempt = attempt

    def wait_for_first(self, trials: Collection[int], pause: Pause) -> int:
        """Wait until one of `trials` has a verdict, and return that trial."""
        trial = self._first_with_verdict(trials)
        if trial is not None:
            return trial
        try:
            for trial in trials:
                self._wakeups.subscribe(self._attempt, trial)
            return self._wait(trials, pause)
        finally:
            for trial in trials:
                self._wakeups.unsubscribe(self._attempt, trial)

    def _wait(self, trials: Collection[int], pause: Pause) -> int:
        poller: Optional[int] = None
        interval = _FIRST_INTERVAL
        try:
            while True:
                if poller is None:
                    poller = self._try_become_poller()
                trial = self._first_with_verdict(trials)
                if trial is not None:
                    if poller is not None:
                        self._wakeups.notify_subscribers(trial)
                    return trial
                if poller is None:
                    pause(_FALLBACK)
                elif self._poll_for_others(trials):
                    interval = _FIRST_INTERVAL
                else:
                    checks = len(self._wakeups.subscribed_trials())
                    pause(interval)
                    interval = min(interval * 1.5, max(_LONGEST_INTERVAL, checks / _MOST_CHECKS))
        finally:
            if poller is not None:
                self._stop_polling(poller)
                self._wakeups.notify_other(self._attempt)  # which then becomes the poller

    def _poll_for_others(self, own: Collection[int]) -> bool:
        """Poll for the other supervisors on this node. Returns whether a verdict was found."""
        found = [
            trial
            for trial in self._wakeups.subscribed_trials()
            if trial not in own and self._first_with_verdict([trial]) is not None
        ]
        for trial in found:
            self._wakeups.notify_subscribers(trial)
        return bool(found)

    def _first_with_verdict(self, trials: Collection[int]) -> Optional[int]:
        """The first of `trials` that has a verdict. Errors are ignored: the next poll retries."""
        for trial in trials:
            with contextlib.suppress(OSError):
                if self._files.stat(f"{self._root}/trials/{trial}") is not None:
                    return trial
        return None

    def _try_become_poller(self) -> Optional[int]:
        """Take the poller's lock without waiting; returns the descriptor that holds it."""
        return flock.take(self._lock)

    def _stop_polling(self, poller: int) -> None:
        os.close(poller)

"""How an armed attempt learns that a parent has its verdict.

A supervisor on this node that passes a verdict rings for those who wait for it. For verdicts passed
elsewhere one supervisor, the poller, looks at the store on behalf of all of the experiment here.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Collection
from typing import Optional

from ..store.files import Files
from .slots import Pause
from .wakeups import Wakeups

_QUICKEST = 0.02  # seconds between the poller's first looks
_PATIENT = 0.1  # seconds between its later looks, where it looks for few
_LOOKS = 40.0  # names looked for a second at most, where it looks for many
_FALLBACK = 2.0  # seconds until the others see for themselves whether there is a poller


class Waiting:
    """One attempt among those that wait on this node."""

    def __init__(
        self, files: Files, root: str, directory: str, bells: Wakeups, attempt: str
    ) -> None:
        """`root` is the experiment's on the store, `directory` is RUN/EXPERIMENT."""
        self._files = files
        self._root = root
        self._lock = f"{directory}/poller"
        self._bells = bells
        self._attempt = attempt

    def first_of(self, trials: Collection[int], pause: Pause) -> int:
        """Wait until one of `trials` has a verdict; that trial. `pause` may raise to give up."""
        seen = self._seen(trials)
        if seen is not None:
            return seen
        try:
            for trial in trials:
                self._bells.hang(self._attempt, trial)
            return self._wait(trials, pause)
        finally:
            for trial in trials:
                self._bells.unhang(self._attempt, trial)

    def _wait(self, trials: Collection[int], pause: Pause) -> int:
        poller: Optional[int] = None
        interval = _QUICKEST
        try:
            while True:
                if poller is None:
                    poller = self._try_poller()
                seen = self._seen(trials)
                if seen is not None:
                    if poller is not None:
                        self._bells.announce(seen)
                    return seen
                if poller is None:
                    pause(_FALLBACK)
                elif self._poll(trials):
                    interval = _QUICKEST
                else:
                    looks = len(self._bells.awaited())
                    pause(interval)
                    interval = min(interval * 1.5, max(_PATIENT, looks / _LOOKS))
        finally:
            if poller is not None:
                self._stop_polling(poller)
                self._bells.ring_another(self._attempt)

    def _poll(self, own: Collection[int]) -> bool:
        """Look on behalf of all who wait here; whether any verdict was news."""
        seen = [
            trial for trial in self._bells.awaited() if trial not in own and self._seen([trial])
        ]
        for trial in seen:
            self._bells.announce(trial)
        return bool(seen)

    def _seen(self, trials: Collection[int]) -> Optional[int]:
        """One of `trials` that has a verdict. A store that errs now is asked again later."""
        for trial in trials:
            with contextlib.suppress(OSError):
                if self._files.stat(f"{self._root}/trials/{trial}") is not None:
                    return trial
        return None

    def _try_poller(self) -> Optional[int]:
        fd = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o660)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        return fd

    def _stop_polling(self, poller: int) -> None:
        os.close(poller)

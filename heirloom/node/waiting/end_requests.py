"""Find requests to end attempts on the store, for all attempts of an experiment on this node.

The controller writes a request into the attempt's directory, and then a new value into the file
`ends` of the experiment. One supervisor per experiment and node, the poller, reads that file every
second; only when it has changed, it looks into the directories of the attempts on this node. It
holds the lock on the file `ends-poller`. A request may be found late, twice or never: the same one
travels with a wave too.
"""

from __future__ import annotations

import contextlib
import json
import os
from typing import Optional

from ...store import flock
from ...store.files import Files
from ..claims import END_KINDS, Claims
from .wakeups import Wakeups

INTERVAL = 1.0  # seconds between two looks at the store
_OTHERS_INTERVAL = 5.0  # seconds until a supervisor that does not poll checks the lock
_VALUE_LIMIT = 64  # bytes of the file `ends`
_REQUEST_LIMIT = 64 << 10  # bytes

Request = tuple[str, str]  # how, reason


class EndRequestPoller:
    """Takes its turn as the node's poller when `poll` is called, and passes requests on."""

    def __init__(
        self, files: Files, root: str, claims: Claims, wakeups: Wakeups, attempt: str, now: float
    ) -> None:
        """`root` is the experiment's directory on the store, `now` the time on `poll`'s clock."""
        self.due = now + INTERVAL
        self._files = files
        self._root = root
        self._claims = claims
        self._wakeups = wakeups
        self._attempt = attempt
        self._lock: Optional[int] = None  # the descriptor that holds it
        self._seen: Optional[bytes] = None  # the value of `ends` at the last look

    def poll(self, now: float) -> None:
        """Look for requests if that is due. Errors are ignored: the next look repeats it."""
        if now < self.due:
            return
        with contextlib.suppress(OSError):
            if self._lock is None:
                self._lock = self._try_lock()
            if self._lock is not None:
                self._look()
        self.due = now + (_OTHERS_INTERVAL if self._lock is None else INTERVAL)

    def close(self) -> None:
        """Let another supervisor on this node poll."""
        if self._lock is not None:
            self._unlock(self._lock)
            self._lock = None
            with contextlib.suppress(OSError):
                others = (name for name in self._wakeups.attempts() if name != self._attempt)
                any(self._wakeups.notify(other) for other in others)

    def _look(self) -> None:
        try:
            value = self._files.read(f"{self._root}/ends", _VALUE_LIMIT)
        except FileNotFoundError:  # nothing was ever requested
            return
        if value != self._seen:
            for attempt in self._wakeups.attempts():
                request = self._request(attempt)
                if request is not None:
                    self._pass_on(attempt, request)
            self._seen = value

    def _request(self, attempt: str) -> Optional[Request]:
        try:
            data = self._files.read(f"{self._root}/attempts/{attempt}/end", _REQUEST_LIMIT)
            found = json.loads(data)
        except (FileNotFoundError, ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or found.get("how") not in END_KINDS:
            return None
        return found["how"], str(found.get("reason", ""))

    def _pass_on(self, attempt: str, request: Request) -> None:
        """Request it on this node, as a wave does. A wave's `cancelled` is not overridden."""
        known = self._claims.end_request(attempt)
        if request != known and (known is None or known[0] != "cancelled"):
            self._claims.request_end(attempt, *request)
            self._wakeups.notify(attempt)

    def _try_lock(self) -> Optional[int]:
        """Take the poller's lock without waiting; returns the descriptor that holds it."""
        return flock.take(f"{self._claims.directory}/ends-poller")

    def _unlock(self, lock: int) -> None:
        os.close(lock)

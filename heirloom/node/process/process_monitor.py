"""Wait for a trial's process, and end it on timeout or on request."""

from __future__ import annotations

import signal
from typing import Optional

from ..claims import Claims
from ..spec import Spec
from ..waiting.heartbeat import HeartbeatWaiter
from .trial_process import TrialProcess


class ProcessMonitor:
    """Waits for a process, and ends it when it times out or when its end is requested."""

    def __init__(
        self, spec: Spec, process: TrialProcess, claims: Claims, waiter: HeartbeatWaiter
    ) -> None:
        self.ending: Optional[str] = None  # why it was ended: timeout, stopped or cancelled
        self.reason = ""
        self.killed = False  # whether it had to be killed after its grace period
        self._spec = spec
        self._process = process
        self._claims = claims
        self._waiter = waiter
        self._deadline = self._from_now(spec.timeout)  # of the timeout, then of the grace period

    def wait(self) -> None:
        """Return when the process has ended. Its descendants may still live."""
        self._check_end_request()  # one that came before the process started
        while True:
            ready = self._waiter.wait(self._remaining(), *self._process.sources)
            self._process.handle(ready)
            if self._process.status is not None:
                return
            if self._waiter.wakeup in ready:
                self._check_end_request()
            if self._deadline is not None and self._waiter.now() >= self._deadline:
                self._on_deadline()

    def _check_end_request(self) -> None:
        """Obey a request to end, except a recall: that has no effect once the process started."""
        request = self._claims.end_request(self._spec.attempt)
        if request is None or request[0] == "recalled":
            return
        how, reason = request
        if self.ending is None:
            self._end(how, reason)
        elif how == "cancelled" and self.ending != how:
            self.ending, self.reason = how, reason
            self._process.signal(signal.SIGTERM)  # again: the trial may have deferred the first

    def _on_deadline(self) -> None:
        if self.ending is None:
            self._end("timeout", f"ran past its timeout of {self._spec.timeout:g} s")
        else:
            self.killed = True
            self._process.signal(signal.SIGKILL)
            self._deadline = None

    def _end(self, how: str, reason: str) -> None:
        self.ending, self.reason = how, reason
        self._process.signal(signal.SIGTERM)
        self._deadline = self._from_now(self._spec.grace)

    def _remaining(self) -> Optional[float]:
        """Seconds until the deadline; None without one."""
        return None if self._deadline is None else max(0.0, self._deadline - self._waiter.now())

    def _from_now(self, seconds: Optional[float]) -> Optional[float]:
        return None if seconds is None else self._waiter.now() + seconds

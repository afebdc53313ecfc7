"""Wait for a trial's process, and end it on timeout or on request."""

from __future__ import annotations

import signal
from typing import Optional

from ..claims import Claims
from ..limits.memory import MemoryWatch, kernel_kills
from ..spec import Spec
from ..waiting.heartbeat import HeartbeatWaiter
from .trial_process import TrialProcess


class ProcessMonitor:
    """Waits for a process, and ends it when it times out or when its end is requested."""

    def __init__(
        self,
        spec: Spec,
        process: TrialProcess,
        claims: Claims,
        waiter: HeartbeatWaiter,
        memory: Optional[MemoryWatch] = None,
    ) -> None:
        """`memory` tells when the trial uses too much memory; None without a limit."""
        self.ending: Optional[str] = None  # why it was ended: failed, timeout, stopped or cancelled
        self.reason = ""
        self.killed = False  # whether it had to be killed after its grace period
        self._spec = spec
        self._process = process
        self._claims = claims
        self._waiter = waiter
        self._memory = memory
        self._kernel_kills = kernel_kills()
        self._deadline = self._from_now(spec.timeout)  # of the timeout, then of the grace period

    def wait(self) -> None:
        """Return when the process has ended. Its descendants may still live."""
        self._check_end_request()  # one that came before the process started
        while True:
            ready = self._waiter.wait(self._remaining(), *self._process.sources)
            self._process.handle(ready)
            if self._process.status is not None and not self._rest_may_end():
                return
            if self._waiter.wakeup in ready:
                self._check_end_request()
            if self._deadline is not None and self._waiter.now() >= self._deadline:
                self._on_deadline()
            self._check_memory()

    def memory_ran_out(self) -> bool:
        """Whether the kernel has killed a process of the machine for lack of memory meanwhile."""
        return kernel_kills() > self._kernel_kills

    def _rest_may_end(self) -> bool:
        """Whether a shell has died of our SIGTERM, and what it ran may still end by itself.

        A shell in front of a program dies at once. The program may write its weights first.
        """
        died = self.ending is not None and self._process.status == -signal.SIGTERM
        return died and self._process.group_lives()

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

    def _check_memory(self) -> None:
        """Kill the trial if it uses too much memory: a request to end would come too late."""
        reason = self._memory and self._memory.excess(self._waiter.now())
        if not reason:
            return
        if self.ending is None:
            self.ending, self.reason = "failed", reason
        self.killed = True
        self._process.signal(signal.SIGKILL)
        self._memory = self._deadline = None

    def _end(self, how: str, reason: str) -> None:
        self.ending, self.reason = how, reason
        self._process.signal(signal.SIGTERM)
        self._deadline = self._from_now(self._spec.grace)

    def _remaining(self) -> Optional[float]:
        """Seconds until something is to be done; None if nothing is."""
        now = self._waiter.now()
        times = []
        if self._deadline is not None:
            times.append(max(0.0, self._deadline - now))
        if self._memory is not None:
            times.append(self._memory.remaining(now))
        return min(times, default=None)

    def _from_now(self, seconds: Optional[float]) -> Optional[float]:
        return None if seconds is None else self._waiter.now() + seconds

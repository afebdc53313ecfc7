"""A trial's process from its start to its end: its timeout, and others' wish that it end."""

from __future__ import annotations

import signal
from typing import Optional

from ..claims import Claims
from ..heartbeat import Watch
from ..spec import Spec
from .child import Process


class Running:
    """Waits for a process, and ends it when its time is up or somebody asks for it."""

    def __init__(self, spec: Spec, process: Process, claims: Claims, watch: Watch) -> None:
        self.ending: Optional[str] = None  # timeout, stopped or cancelled
        self.reason = ""
        self.killed = False  # whether it outlived its grace
        self._spec = spec
        self._process = process
        self._claims = claims
        self._watch = watch
        self._until = self._from_now(spec.timeout)  # when the next step is due

    def wait(self) -> None:
        """Return when the process itself has ended; what it left behind may live."""
        self._hear()  # what was asked before the process started
        while True:
            patience = None if self._until is None else max(0.0, self._until - self._watch.now())
            ready = self._watch.wait(patience, *self._process.sources)
            self._process.attend(ready)
            if self._process.status is not None:
                return
            if self._watch.bell in ready:
                self._hear()
            if self._until is not None and self._watch.now() >= self._until:
                self._time_is_up()

    def _hear(self) -> None:
        """Heed a wish to end. A recall comes too late for a process that has started."""
        asked = self._claims.end_asked(self._spec.attempt)
        if asked is None or asked[0] == "recalled":
            return
        how, reason = asked
        if self.ending is None:
            self._end(how, reason)
        elif how == "cancelled" and self.ending != how:
            self.ending, self.reason = how, reason
            self._process.signal(signal.SIGTERM)  # again: what holds it back need not any more

    def _time_is_up(self) -> None:
        if self.ending is None:
            self._end("timeout", f"ran past its timeout of {self._spec.timeout:g} s")
        else:
            self.killed = True
            self._process.signal(signal.SIGKILL)
            self._until = None

    def _end(self, how: str, reason: str) -> None:
        self.ending, self.reason = how, reason
        self._process.signal(signal.SIGTERM)
        self._until = self._from_now(self._spec.grace)

    def _from_now(self, seconds: Optional[float]) -> Optional[float]:
        return None if seconds is None else self._watch.now() + seconds

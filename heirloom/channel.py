"""The files between a trial's process and its supervisor: parameters, reports and the result.

`channel` is the instance of this process. Outside an experiment it has no parameters, and it
discards reports.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any, Optional

from .store.atomic_write import replace_file

LINE_LIMIT = 64 << 10  # bytes of one report; the controller ignores longer ones


class Channel:
    """The files that the environment variables of a trial name."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._params = environment.get("HEIRLOOM_PARAMS")
        self._metrics = environment.get("HEIRLOOM_METRICS")
        self._result = environment.get("HEIRLOOM_RESULT")
        self._step = -1
        self._signals = _Signals()

    @property
    def in_experiment(self) -> bool:
        """Whether this process is a trial of an experiment."""
        return self._params is not None

    def params(self) -> dict[str, Any]:
        """The trial's parameters; empty outside an experiment."""
        if self._params is None:
            return {}
        with open(self._params, encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
        return found

    def report(self, value: Any, step: Optional[int] = None) -> int:
        """Append a value that JSON can represent. Returns its step, which counts from 0 by default.

        From the first report on, SIGTERM is deferred to the next report, which then raises
        SystemExit. So an early stop does not interrupt the writing of weights. Raises ValueError
        for a report of more than 64 KiB.
        """
        if self._metrics is not None:
            self._signals.defer()
        number = self._step + 1 if step is None else int(step)
        data = {"step": number, "value": value, "at": time.time()}
        line = json.dumps(data, allow_nan=False).encode() + b"\n"
        if len(line) > LINE_LIMIT:
            raise ValueError(
                f"a report takes at most {LINE_LIMIT >> 10} KiB as JSON, not {len(line) >> 10}: "
                "write the rest to a file in the save path"
            )
        self._step = number
        if self._metrics is not None:
            fd = os.open(self._metrics, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
            try:
                os.write(fd, line)
            finally:
                os.close(fd)
            self._signals.raise_deferred()
        return number

    def write_result(self, text: str) -> bool:
        """Write the result, a JSON object. Returns False outside an experiment."""
        if self._result is None:
            return False
        replace_file(self._result, text.encode())
        return True


class _Signals:
    """Defers SIGTERM until the trial reports."""

    def __init__(self) -> None:
        self._deferring = False
        self._pending = False

    def defer(self) -> None:
        """Start to defer. Only the main thread can; a handler of the trial's own stays in place."""
        if self._deferring:
            return
        if threading.current_thread() is threading.main_thread():
            self._deferring = True
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._on_signal)

    def raise_deferred(self) -> None:
        """Raise SystemExit if a signal came."""
        if self._pending:
            raise SystemExit(128 + signal.SIGTERM)

    def _on_signal(self, number: int, frame: Optional[FrameType]) -> None:
        if self._pending:  # a second signal ends the process at once
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        self._pending = True


channel = Channel(os.environ)

"""The files between a trial's process and its supervisor: parameters in, reports and a result out.

`channel` is this process's. Outside of an experiment it has no parameters and leads nowhere.
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

LINE_LIMIT = 64 << 10  # bytes of one report; the controller reads no longer ones


class Channel:
    """What the environment says of where parameters, reports and the result lie."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._params = environment.get("HEIRLOOM_PARAMS")
        self._metrics = environment.get("HEIRLOOM_METRICS")
        self._result = environment.get("HEIRLOOM_RESULT")
        self._step = -1
        self._signals = _Signals()

    @property
    def inside(self) -> bool:
        """Whether there is an experiment around this process."""
        return self._params is not None

    def params(self) -> dict[str, Any]:
        """The candidate; empty outside of an experiment."""
        if self._params is None:
            return {}
        with open(self._params, encoding="utf-8") as file:
            found: dict[str, Any] = json.load(file)
        return found

    def report(self, value: Any, step: Optional[int] = None) -> int:
        """Append a value that JSON can carry; its step, which counts up where none is given.

        From the first report on SIGTERM is held back until the next one, which then raises
        SystemExit: weights are not torn by an early stop. Raises ValueError for what is too long.
        """
        if self._metrics is not None:
            self._signals.hold()
        number = self._step + 1 if step is None else int(step)
        said = {"step": number, "value": value, "at": time.time()}
        line = json.dumps(said, allow_nan=False).encode() + b"\n"
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
            self._signals.heed()
        return number

    def conclude(self, text: str) -> bool:
        """Write the result, a JSON object; whether there is an experiment that takes it."""
        if self._result is None:
            return False
        draft = f"{self._result}.{os.getpid()}"
        with open(draft, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, self._result)
        return True


class _Signals:
    """SIGTERM held back until the trial reports."""

    def __init__(self) -> None:
        self._held = False
        self._pending = False

    def hold(self) -> None:
        """From now on; only a main thread can, and a trial's own handler is left alone."""
        if self._held:
            return
        if threading.current_thread() is threading.main_thread():
            self._held = True
            if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._note)

    def heed(self) -> None:
        """Leave if a signal came. Raises SystemExit."""
        if self._pending:
            raise SystemExit(128 + signal.SIGTERM)

    def _note(self, number: int, frame: Optional[FrameType]) -> None:
        if self._pending:  # the second one ends at once
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
        self._pending = True


channel = Channel(os.environ)

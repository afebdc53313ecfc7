"""The files between a trial's process and its supervisor: parameters, reports and the result.

`channel` is the instance of this process. Outside an experiment it has no parameters, and it
discards reports.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any, Optional

from ..store.atomic_write import replace_file
from ..store.limits.metrics import MetricLimits
from .sigterm import SigtermDeferral

LINE_LIMIT = 64 << 10  # bytes of one report; the controller ignores longer ones


class Channel:
    """The files that the environment variables of a trial name."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._params = environment.get("HEIRLOOM_PARAMS")
        self._metrics = environment.get("HEIRLOOM_METRICS")
        self._result = environment.get("HEIRLOOM_RESULT")
        self._checkpoint = environment.get("HEIRLOOM_CHECKPOINT_PATH")
        self._step = -1
        self._sigterm = SigtermDeferral()
        self._torn = False  # whether a report was written in part
        self._notes: dict[str, Any] = {}
        self._limits = MetricLimits()

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

    def report(
        self, value: Any, step: Optional[int] = None, metrics: Optional[dict[str, Any]] = None
    ) -> int:
        """Append a value that JSON can represent. Returns its step, which counts from 0 by default.

        Numbers in `metrics` are appended with it, by name. Those beyond the limits are dropped; the
        trial's log names the first.

        From the first report on, SIGTERM is deferred to the next report, which then raises
        SystemExit. So an early stop does not interrupt the writing of weights. That holds for the
        trial's own process, not for its children. Raises ValueError for a report of more than
        64 KiB, OSError if it cannot be written.
        """
        if self._metrics is not None:
            self._sigterm.start()
        number = self._step + 1 if step is None else int(step)
        data = {"step": number, "value": value, "at": time.time()}
        if metrics:
            data["metrics"] = self._limited(metrics)
        line = json.dumps(data, allow_nan=False).encode() + b"\n"
        if len(line) > LINE_LIMIT:
            raise ValueError(
                f"a report takes at most {LINE_LIMIT >> 10} KiB as JSON, not {len(line) >> 10}: "
                "write the rest to a file in the save path"
            )
        self._step = number
        if self._metrics is not None:
            self._append(self._metrics, line)
            self._end_if_stopped()
        return number

    def _limited(self, metrics: dict[str, Any]) -> dict[str, Optional[float]]:
        known = self._limits.problem
        kept = self._limits.keep(metrics)
        if self._limits.problem != known:
            self.say(f"{self._limits.problem}; it is dropped, and others like it")
        return kept

    def _end_if_stopped(self) -> None:
        """Raise SystemExit if SIGTERM came. What was noted is the result then."""
        try:
            self._sigterm.raise_deferred()
        except SystemExit:
            if self._notes and self._result is not None and not os.path.exists(self._result):
                with contextlib.suppress(OSError):
                    self.write_result(json.dumps(self._notes))
            raise

    def _append(self, path: str, line: bytes) -> None:
        """Append a line in one write, so that the reports of several processes do not mix.

        Raises OSError if it cannot be written as a whole; the next report then starts a new line.
        """
        data = b"\n" + line if self._torn else line
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o660)
        try:
            self._torn = os.write(fd, data) < len(data)
        finally:
            os.close(fd)
        if self._torn:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)

    @property
    def step(self) -> int:
        """The step of the last report; -1 before the first one."""
        return self._step

    def continue_from(self, step: int) -> None:
        """Count steps from the one after `step`, unless something was reported already."""
        self._step = max(self._step, step)

    def continues_from(self, path: Any) -> bool:
        """Whether `path` is the checkpoint from which the attempt continues."""
        return bool(self._checkpoint) and self._checkpoint == str(path)

    def note(self, name: str, value: Any) -> None:
        """Add a value that JSON can represent to the trial's result."""
        self._notes[name] = value

    @property
    def notes(self) -> dict[str, Any]:
        """What was noted for the result so far."""
        return dict(self._notes)

    def say(self, text: str) -> None:
        """Write a line to the trial's log."""
        sys.stdout.write(f"heirloom: {text}\n")
        sys.stdout.flush()

    def write_result(self, text: str) -> bool:
        """Write the result, a JSON object. Returns False outside an experiment."""
        if self._result is None:
            return False
        replace_file(self._result, text.encode())
        return True


channel = Channel(os.environ)

"""The pipe to the tuner's process: calls as JSON lines, answers in the same order."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import heirloom
from controller.errors import HeirloomError

Answer = dict[str, Any]  # {"ok": RESULT} or {"finished": REASON}; RESULT depends on the call

BOOTSTRAP = Path(heirloom.__path__[0]) / "tuners/process/bootstrap.py"


class TunerError(HeirloomError):
    """The tuner failed. The text says how, and which file has its full output.

    `traceback` is that of the user's code, to be shown to the user; empty if there is none.
    """

    def __init__(self, message: str, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback


class Pipe:
    """Runs `heirloom.tuners.process.host` and exchanges messages with it. No call blocks.

    Args:
        label: the name of the process in messages.
        seed: fixes the process's hash seed.
        log: the file that the process's stderr is appended to.
        on_error: called once, in a thread, when the process fails before it is closed.
        on_notice: called, in a thread, with a message that answers no call.
        python: the interpreter that runs the process. Only `heirloom` is added to its packages.

    Raises TunerError if the process cannot be started.
    """

    def __init__(
        self,
        label: str,
        seed: int,
        log: Path,
        on_error: Callable[[TunerError], None],
        on_notice: Callable[[Answer], None] = lambda notice: None,
        python: str = sys.executable,
    ) -> None:
        self._label = label
        self._log = log
        self._on_error = on_error
        self._on_notice = on_notice
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._pending: deque[Future[Answer]] = deque()
        self._lock = threading.Lock()  # keeps `_outbox` and `_pending` in the same order
        self._error: TunerError | None = None
        self._closing = False
        try:
            self._process = _start(python, log, seed)
        except OSError as error:
            raise TunerError(f"{label}: cannot start {python}: {error.strerror}") from None
        self._threads = [
            threading.Thread(target=target, name=f"tuner-{target.__name__}", daemon=True)
            for target in (self._read, self._write, self._reap)
        ]
        for thread in self._threads:
            thread.start()

    def ask(self, call: str, **arguments: Any) -> Future[Answer]:
        """Send a call. The future gets its answer, or TunerError."""
        answer: Future[Answer] = Future()
        line = json.dumps({"call": call, **arguments}).encode() + b"\n"
        with self._lock:
            if self._error is None:
                self._pending.append(answer)
                self._outbox.put(line)
                return answer
        answer.set_exception(self._error)
        return answer

    def close(self, timeout: float) -> None:
        """Wait for the pending answers, within `timeout` seconds, and end the process."""
        self._closing = True
        self._outbox.put(None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        self._kill()
        for thread in self._threads:
            thread.join()

    def _write(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # the reader reports the end
            for line in iter(self._outbox.get, None):
                self._process.stdin.write(line)
                self._process.stdin.flush()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as answers:
            for line in answers:
                answer = _parsed(line)
                if answer is not None and "error" in answer:
                    self._break(answer["error"], answer.get("traceback", ""))
                elif answer is not None and "notice" in answer:
                    self._on_notice(answer["notice"])
                elif answer is None or not self._pending:
                    self._break(f"{self._label} wrote to the controller's pipe: {line[:80]!r}")
                else:
                    self._pending.popleft().set_result(answer)
        self._break(f"{self._label}: its process {_ending(self._process.wait())}")

    def _reap(self) -> None:
        self._process.wait()
        # Processes that the tuner started may keep the pipe open, and so block the reader.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _break(self, why: str, traceback: str = "") -> None:
        with self._lock:
            if self._error is not None:
                return
            self._error = TunerError(f"{why}; full output in {self._log}", traceback)
            pending = list(self._pending)
            self._pending.clear()
        if not self._closing:
            self._on_error(self._error)
        for answer in pending:
            answer.set_exception(self._error)
        self._outbox.put(None)
        self._kill()

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _start(python: str, log: Path, seed: int) -> subprocess.Popen[bytes]:
    # With a fixed hash seed a tuner that iterates over a set repeats its answers.
    environment = {**os.environ, "PYTHONHASHSEED": str(seed % 2**32)}
    log.touch(mode=0o600)  # for its owner only: a tuner may print anything
    with log.open("ab") as output:
        return subprocess.Popen(
            [python, str(BOOTSTRAP)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            env=environment,
            start_new_session=True,  # so that Ctrl-C reaches the controller alone
        )


def _parsed(line: bytes) -> Answer | None:
    try:
        answer = json.loads(line)
    except ValueError:
        return None
    known = ({"ok"}, {"finished"}, {"error"}, {"error", "traceback"}, {"notice"})
    return answer if isinstance(answer, dict) and answer.keys() in known else None


def _ending(code: int) -> str:
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"

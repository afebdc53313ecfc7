"""Run functions that may hang in child processes, with a common timeout."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..launch import leave_session

TIMEOUT = 10.0  # seconds for what may hang: a store, a driver, an interpreter on a share


def run_with_timeout(work: Mapping[str, Callable[[], Any]], timeout: float) -> dict[str, Any]:
    """Call all functions at once, each in a child. Returns their results by name.

    A result must be serializable as JSON. It is None for a function that fails, or that does not
    return within `timeout` seconds.

    A child that hangs in the kernel cannot be killed. It is left behind, without any of this
    process's descriptors, so that nothing waits for it.
    """
    children = {name: _start(function) for name, function in work.items()}
    results: dict[str, Any] = {}
    deadline = time.monotonic() + timeout
    for name, (pid, reader) in children.items():
        with open(reader, "rb", buffering=0) as pipe:
            data = b""
            while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
                got = pipe.read(1 << 16)
                data += got
                if not got:
                    break
        results[name] = json.loads(data) if data.endswith(b"\n") else None
        for kill in (os.killpg, os.kill):  # the child may not have created its group yet
            with contextlib.suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0 if results[name] is not None else os.WNOHANG)
    return results


def no_answer(timeout: float) -> str:
    """The reason to report where a function did not return in time."""
    return f"no answer within {timeout:g} seconds"


def _start(function: Callable[[], Any]) -> tuple[int, int]:
    """Start a child that calls the function: its process id, and a pipe with the result."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    try:
        leave_session(keep=writer)
        data = json.dumps(function()).encode() + b"\n"
        with open(writer, "wb") as pipe:
            pipe.write(data)
    finally:
        os._exit(0)

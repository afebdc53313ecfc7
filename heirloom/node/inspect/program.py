"""Run a program that may hang, fail, or write without end."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from typing import IO, Optional

_LIMIT = 1 << 20  # bytes of output, after which a program is ended
_LAST_WAIT = 1.0  # seconds for a killed program to disappear


def output(command: Sequence[str], timeout: float, directory: Optional[str] = None) -> str:
    """The output of a program, which starts in `directory` (default: that of this process).

    Raises OSError when the program cannot be run, exits with an error or writes more than 1 MiB,
    and TimeoutError when it does not end within `timeout` seconds. It is then killed with its
    process group.
    """
    process = subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        written, errors = _read(process, time.monotonic() + timeout)
    except OSError:
        _kill(process)
        raise
    except subprocess.TimeoutExpired:
        _kill(process)
        raise TimeoutError(f"no answer within {timeout:.3g} seconds") from None
    if process.returncode:
        lines = (errors.strip() or written.strip() or "no output").splitlines()
        raise OSError(f"exit code {process.returncode}: {lines[-1]}")
    return written


def _read(process: subprocess.Popen[bytes], deadline: float) -> tuple[str, str]:
    """Read output and errors until the program ends."""
    assert process.stdout is not None
    assert process.stderr is not None
    collected: dict[IO[bytes], bytes] = {process.stdout: b"", process.stderr: b""}
    with selectors.DefaultSelector() as selector, process.stdout, process.stderr:
        for pipe in collected:
            selector.register(pipe, selectors.EVENT_READ, pipe)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline - time.monotonic()))
            if not ready:
                raise subprocess.TimeoutExpired(process.args, 0)
            for key, _ in ready:
                data = os.read(key.fd, 1 << 16)
                collected[key.data] += data
                if not data:
                    selector.unregister(key.data)
                if len(collected[key.data]) > _LIMIT:
                    raise OSError(f"it writes more than {_LIMIT >> 20} MiB")
    process.wait(max(0.0, deadline - time.monotonic()))
    written, errors = (text.decode(errors="replace") for text in collected.values())
    return written, errors


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):  # it may hang in the kernel
        process.wait(_LAST_WAIT)

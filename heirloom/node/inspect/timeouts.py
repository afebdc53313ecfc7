"""Work that may hang, done in children that are given up when they take too long."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

PATIENCE = 10.0  # seconds for what may hang: a store, a driver, an interpreter on a share


def in_children(work: Mapping[str, Callable[[], Any]], patience: float) -> dict[str, Any]:
    """Do each piece of work in a child, all at once; their answers, which JSON must carry.

    None for those that give no answer within `patience` seconds.

    A child that hangs in the kernel cannot be killed: it is left behind, with nothing of ours open
    that somebody could wait for.
    """
    children = {name: _child(each) for name, each in work.items()}
    answers: dict[str, Any] = {}
    end = time.monotonic() + patience
    for name, (pid, reading) in children.items():
        with open(reading, "rb", buffering=0) as pipe:
            data = b""
            while select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
                got = pipe.read(1 << 16)
                data += got
                if not got:
                    break
        answers[name] = json.loads(data) if data.endswith(b"\n") else None
        for end_it in (os.killpg, os.kill):  # its group is made by itself, in a moment
            with contextlib.suppress(ProcessLookupError):
                end_it(pid, signal.SIGKILL)
        os.waitpid(pid, 0 if answers[name] is not None else os.WNOHANG)
    return answers


def silence(patience: float) -> str:
    """The reason where nothing answered."""
    return f"no answer within {patience:g} seconds"


def words(error: OSError) -> str:
    """Why the system refused, in its own words."""
    text = error.strerror or str(error)
    text = text[:1].lower() + text[1:]
    return f"{text}: {error.filename}" if error.filename else text


def _child(work: Callable[[], Any]) -> tuple[int, int]:
    """A child that does the work: its id, and the pipe through which it answers."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return pid, reading
    try:
        os.setsid()
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(nothing, fd)
        for fd in [int(name) for name in os.listdir("/proc/self/fd")]:
            if fd > 2 and fd != writing:
                try:
                    os.close(fd)
                except OSError:  # the listing's own
                    continue
        data = json.dumps(work()).encode() + b"\n"
        with open(writing, "wb") as pipe:
            pipe.write(data)
    finally:
        os._exit(0)

"""Processes that outlive the command which started them, known by id and start time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from controller.errors import HeirloomError
from testbed.machine import search_path

# The first step of a shell script that `start` starts.
WAIT_FOR_GO = 'read -r go; test -n "$go"'
_PATIENCE = 30.0  # seconds until a killed process must be gone


@dataclass(frozen=True, slots=True)
class Process:
    """The leader of a process group of ours."""

    pid: int
    started: int  # clock ticks after boot: tells it from a later process with its id
    boot: str  # the boot of this machine that it belongs to

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """The process that has this id now, if there is one that has not ended."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *rest = stat.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if state in "ZX" else cls(pid, int(rest[18]), boot)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return Process.of(self.pid) == self

    def kill(self) -> None:
        """End its whole process group with SIGKILL, and return when it is gone.

        Raises HeirloomError if it is not gone in half a minute.
        """
        if not self.alive:
            return
        # Each member is waited for, since a kernel that is still dying has its disk locked. The
        # first process of a namespace ends last of all in it.
        while members := _members(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            for process in members:
                if not process.wait(_PATIENCE):
                    raise HeirloomError(f"process {process.pid} was killed and has not ended")

    def wait(self, timeout: float) -> bool:
        """Wait for its end, at most `timeout` seconds; whether it came."""
        deadline = time.monotonic() + timeout
        while self.alive:
            if time.monotonic() > deadline:
                return False
            _reap(self.pid)
            time.sleep(0.05)
        _reap(self.pid)
        return True


def start(
    command: Sequence[str],
    output: Path,
    record: Callable[[Process], None],
    env: Mapping[str, str] | None = None,
) -> Process:
    """Start a process in a session of its own, its output appended to a file.

    The command must begin with WAIT_FOR_GO, which a line on standard input ends when `record` has
    written the process down: whoever starts a process and dies before that leaves none behind.
    """
    with output.open("ab") as file:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": search_path(), **(env or {})},
            start_new_session=True,
        )
    child.returncode = 0  # it is left to run: Popen is not to warn of that
    with contextlib.suppress(BrokenPipeError), cast(IO[bytes], child.stdin) as pipe:
        process = Process.of(child.pid)
        if process is not None:
            record(process)
            pipe.write(b"go\n")
            pipe.flush()
            return process
    raise HeirloomError(f"{command[0]} ended as soon as it was started: see {output}")


def _members(group: int) -> list[Process]:
    """The processes of a group that have not ended."""
    members = []
    for pid in [int(path.name) for path in Path("/proc").glob("[0-9]*")]:
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == group and (process := Process.of(pid)):
                members.append(process)
    return members


def _reap(pid: int) -> None:
    """Take the exit status of a child of ours, so that it does not stay as a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return

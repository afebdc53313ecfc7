"""Processes that outlive the command that started them, identified by pid and start time."""

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

# The first command of a shell script for `start`.
WAIT_FOR_GO = 'read -r go; test -n "$go"'
_KILL_TIMEOUT = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Process:
    """The leader of a process group."""

    pid: int
    started: int  # clock ticks after boot; differs for a later process with the same pid
    boot: str  # boot id of this machine

    @classmethod
    def of(cls, pid: int) -> Process | None:
        """Return the running process with this pid, or None."""
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return None
        state, *rest = stat.rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return None if state in "ZX" else cls(pid, int(rest[18]), boot)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return Process.of(self.pid) == self

    def kill(self) -> None:
        """Kill its process group with SIGKILL and wait until every member has ended.

        Raises HeirloomError if a member has not ended after 30 seconds.
        """
        if not self.alive:
            return
        # A kernel that has not ended holds the lock of its disk. The first process of a namespace
        # ends after all others in it.
        while members := _members(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            for process in members:
                if not process.wait(_KILL_TIMEOUT):
                    raise HeirloomError(f"process {process.pid} was killed and has not ended")

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for its end. Return whether it has ended."""
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
    """Start a process in its own session, with its output appended to a file.

    The command must begin with WAIT_FOR_GO. It continues after `record` has stored the process, so
    a caller that dies before that leaves no process behind.
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
    child.returncode = 0  # it keeps running; prevents a ResourceWarning of Popen
    with contextlib.suppress(BrokenPipeError), cast(IO[bytes], child.stdin) as pipe:
        process = Process.of(child.pid)
        if process is not None:
            record(process)
            pipe.write(b"go\n")
            pipe.flush()
            return process
    raise HeirloomError(f"{command[0]} ended as soon as it was started: see {output}")


def _members(group: int) -> list[Process]:
    """Return the running processes of a group."""
    members = []
    for pid in [int(path.name) for path in Path("/proc").glob("[0-9]*")]:
        with contextlib.suppress(ProcessLookupError):
            if os.getpgid(pid) == group and (process := Process.of(pid)):
                members.append(process)
    return members


def _reap(pid: int) -> None:
    """Reap a child process, so that it does not remain a zombie."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return

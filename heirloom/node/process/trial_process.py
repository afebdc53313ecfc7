"""Start a trial's process, collect its output, and end it with all its descendants."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource  # noqa: F401 - os.wait4 imports it too, but late: as another user that may fail
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType
from typing import Optional

from ...store.backoff import pauses
from .output_log import OutputLog

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # prctl(2): the kernel kills the process when its supervisor dies
_OOM_SCORE = b"500"  # out of memory, the kernel kills the trial rather than its supervisor


class TrialProcess:
    """A started trial. Its supervisor is a subreaper: orphaned descendants become its children."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: str,
        log: OutputLog,
        inherited: Sequence[int],
        enter_sandbox: Callable[[], None],
    ) -> None:
        """Start it in a session of its own; `inherited` are the descriptors that it keeps.

        `enter_sandbox` runs in the new process and raises OSError where the kernel allows no
        sandbox; the process then starts without one. Raises OSError when it cannot be started.
        """
        self.status: Optional[int] = None  # as in subprocess: negative for a signal
        self.cpu_seconds = 0.0  # of all processes of the trial that have ended
        self.peak_memory = 0  # bytes: the largest resident size of one process of the trial so far
        self.log = log
        self.child_ended = _child_ended_descriptor()  # readable when a child may have ended
        self.output, writer = os.pipe()
        os.set_blocking(self.output, False)
        try:
            started = subprocess.Popen(
                command,
                env=environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=writer,
                stderr=writer,
                start_new_session=True,
                pass_fds=inherited,
                preexec_fn=partial(  # noqa: PLW1509 - a supervisor has no threads here
                    _before_exec, enter_sandbox, directory, os.getpid()
                ),
            )
        finally:
            os.close(writer)
        started.returncode = 0  # _reap collects the child; subprocess must not
        self.pid = started.pid

    @property
    def sources(self) -> list[int]:
        """The descriptors to wait for. When one is readable, call `handle`."""
        return [self.child_ended] if self.log.ended else [self.child_ended, self.output]

    def handle(self, ready: set[int]) -> bool:
        """Read output and reap children. Returns whether any process of the trial may live."""
        if self.output in ready:
            self.log.drain(self.output)
        if self.child_ended in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.child_ended, 4096)
        return self._reap()

    def signal(self, number: int) -> None:
        """Send a signal to the trial's process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def group_lives(self) -> bool:
        """Whether any process is left in the trial's process group."""
        try:
            os.killpg(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:  # of another user by now
            return True
        return True

    def kill_rest(self, wait: Callable[[Optional[float], int], object]) -> None:
        """Kill every process that is left of the trial, and return when none is."""
        intervals = pauses(0.01, 1.0)
        while self.handle({self.child_ended}):
            for pid in self.descendants():
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            # A process that was forked meanwhile is found in the next round.
            wait(next(intervals), self.child_ended)
        while self.log.drain(self.output):
            pass
        os.close(self.output)
        self.log.close()

    def descendants(self) -> list[int]:
        """The ids of all processes of the trial."""
        return _descendants(os.getpid())

    def _reap(self) -> bool:
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            # Both cover the processes that this one has waited for (getrusage(2)).
            self.cpu_seconds += usage.ru_utime + usage.ru_stime
            self.peak_memory = max(self.peak_memory, usage.ru_maxrss << 10)
            if pid == self.pid:
                self.status = _exit_status(status)


def _before_exec(enter_sandbox: Callable[[], None], directory: str, supervisor: int) -> None:
    """Prepare the new process, between fork and exec."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb") as file:
        file.write(_OOM_SCORE)
    with contextlib.suppress(OSError):  # without a sandbox, file modes alone protect the store
        enter_sandbox()
        os.chdir(directory)  # again: the sandbox has mounts of its own
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # last: a change of credentials clears it
    if os.getppid() != supervisor:  # it died before the prctl, so no signal will come
        os._exit(1)


def _child_ended_descriptor() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe()
    for fd in (reader, writer):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _ignore)
    return reader


def _ignore(number: int, frame: Optional[FrameType]) -> None:
    """Do nothing: Python writes to the wakeup descriptor only for signals that have a handler."""


def _exit_status(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _descendants(ancestor: int) -> list[int]:
    """The ids of all descendants of a process, from one pass over /proc."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The program's name is in parentheses and may contain any byte (proc_pid_stat(5)).
                parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    found = []
    for pid, parent in parents.items():
        above = parent
        while above in parents and above != ancestor:
            above = parents[above]
        if above == ancestor:
            found.append(pid)
    return found

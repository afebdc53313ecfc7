"""A trial's process and everything that comes of it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import FrameType
from typing import Optional

from .log import Log

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1  # prctl(2): the trial's process does not outlive its supervisor
_OOM_SCORE = b"500"  # the kernel, short of memory, ends the trial rather than its supervisor


class Process:
    """A started trial. Its supervisor is a subreaper: whatever a trial leaves becomes its child."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        directory: str,
        log: Log,
        inherited: Sequence[int],
        narrow: Callable[[], None],
    ) -> None:
        """Start it in a session of its own; `inherited` are the descriptors that it keeps.

        `narrow` gives it its view of the store, where the kernel allows that; elsewhere it raises
        OSError. Raises OSError when the process cannot be started.
        """
        self.status: Optional[int] = None  # as subprocess has it: negative for a signal
        self.log = log
        self.changed = _hear_children()  # readable when a child may have ended
        self.output, writing = os.pipe()
        os.set_blocking(self.output, False)
        try:
            started = subprocess.Popen(
                command,
                env=environment,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
                pass_fds=inherited,
                preexec_fn=partial(_narrow, narrow, directory, os.getpid()),
            )
        finally:
            os.close(writing)
        started.returncode = 0  # reaped here, never by subprocess
        self.pid = started.pid
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/oom_score_adj", "wb") as file:
            file.write(_OOM_SCORE)

    @property
    def sources(self) -> list[int]:
        """Descriptors to wait on; when one is ready, call `attend`."""
        return [self.changed] if self.log.ended else [self.changed, self.output]

    def attend(self, ready: set[int]) -> bool:
        """Take output and collect the dead; whether anything of the trial may still live."""
        if self.output in ready:
            self.log.drain(self.output)
        if self.changed in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self.changed, 4096)
        return self._reap()

    def signal(self, number: int) -> None:
        """Send a signal to the trial's process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def end_rest(self, wait: Callable[[Optional[float], int], object]) -> None:
        """End everything that is left of the trial; returns when nothing is."""
        interval = 0.01
        while self.attend({self.changed}):
            for pid in _descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            wait(interval, self.changed)  # what it forked meanwhile is found in the next round
            interval = min(interval * 2, 1.0)
        while self.log.drain(self.output):
            pass
        os.close(self.output)
        self.log.close()

    def _reap(self) -> bool:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if pid == 0:
                return True
            if pid == self.pid:
                self.status = _exit_status(status)


def _narrow(narrow: Callable[[], None], directory: str, supervisor: int) -> None:
    """What the trial's process does before it is the trial's program."""
    with contextlib.suppress(OSError):  # then file modes alone guard the store
        narrow()
        os.chdir(directory)  # as the view has it
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # last: a change of credentials clears it
    if os.getppid() != supervisor:  # it died before that: nobody would know what is started here
        os._exit(1)


def _hear_children() -> int:
    """A descriptor that becomes readable when a child ends."""
    heard, told = os.pipe()
    for fd in (heard, told):
        os.set_blocking(fd, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, _ignore)
    return heard


def _ignore(number: int, frame: Optional[FrameType]) -> None:
    """Let the wakeup descriptor tell."""


def _exit_status(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _descendants(ancestor: int) -> list[int]:
    """Every process whose line of parents leads to `ancestor`, from one walk over /proc."""
    parents: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdecimal():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
                # The command's name is in parentheses and may hold anything.
                parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    found = []
    for pid in parents:
        above = parents[pid]
        while above in parents and above != ancestor:
            above = parents[above]
        if above == ancestor:
            found.append(pid)
    return found

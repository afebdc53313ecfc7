"""Have the node prepared before a trial: by this attempt, or by another one on the node."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from ...store.backoff import pauses
from ...store.os_errors import describe
from ..attempt_ended import AttemptEnded
from ..claims import Claims
from ..process import sandbox
from ..process.environment import environment, passed_variables
from ..process.outcome import exit_reason
from ..process.output_log import OutputLog
from ..process.output_text import failure
from ..process.process_monitor import ProcessMonitor
from ..process.tracebacks import ExceptionFinder
from ..process.trial_process import TrialProcess
from ..slots import Slot
from ..spec import Spec
from ..waiting.heartbeat import HeartbeatWaiter
from ..waiting.pause import Pause
from . import place
from .prepared import Prepared, remove_tree

_LIBC = ctypes.CDLL(None, use_errno=True)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.005, 1.0  # seconds between tries to take the lock
_MARGIN = 900.0  # seconds beyond the timeout: to end the command, and to write to the disk
_KEPT = ("HEIRLOOM_EXPERIMENT", "HEIRLOOM_ATTEMPT", "HEIRLOOM_NODE_DIR")


class Preparation:
    """The node's preparation, from the view of one attempt."""

    def __init__(
        self,
        spec: Spec,
        run_dir: str,
        slots: int,
        claims: Claims,
        waiter: HeartbeatWaiter,
        pause: Pause,
        *,
        report: Callable[[str], None],
    ) -> None:
        """`slots` is the number of the node's slots.

        `report` is called with `preparing` and `prepared` if this attempt runs the command.
        """
        self._spec = spec
        self._run_dir = run_dir
        self._claims = claims
        self._waiter = waiter
        self._pause = pause
        self._report = report
        self._slots = slots

    def run(self) -> str:
        """Return the node's prepared directory, which stays while this process lives.

        Prepares the node, or waits until another attempt has done so. Raises AttemptEnded: refused
        where the preparation fails.
        """
        try:
            return self._run()
        except OSError as error:
            reason = f"{self._spec.node} cannot be prepared: {describe(error)}"
            raise AttemptEnded("refused", reason) from None

    def _run(self) -> str:
        spec = self._spec
        order = spec.prepare or {}
        base = place.find(order.get("directory"), spec.node)
        prepared = Prepared(base, place.digest(spec))
        earlier = prepared.failure()
        lock = self._lock(prepared, order["timeout"] + _MARGIN)
        try:
            directory = prepared.find()
            if directory is None:
                failed = prepared.failure()
                if failed is not None and failed != earlier:
                    raise AttemptEnded("refused", str(failed.get("reason")))
                directory = self._prepare(prepared, lock, order)
            prepared.use()  # the descriptor stays open as long as this process lives
            return directory
        finally:
            os.close(lock)

    def _lock(self, prepared: Prepared, longest: float) -> int:
        """Wait for the lock, and say in the log for whom. Nobody is waited for without end."""
        known, since = "", self._waiter.now()
        intervals = pauses(_FIRST_PAUSE, _LONGEST_PAUSE)
        while (lock := prepared.try_lock()) is None:
            holder = prepared.holder()
            if holder not in ("", known):
                known, since = holder, self._waiter.now()
                log = self._log()
                log.note(f"waits for attempt {holder}, which prepares {self._spec.node}")
                log.close()
            if self._waiter.now() - since > longest:
                who = f"attempt {known}" if known else "another process"
                reason = f"{who} has held {prepared.path}/lock for more than {longest:.0f} s"
                raise AttemptEnded("refused", reason)
            self._pause(next(intervals))
        return lock

    def _prepare(self, prepared: Prepared, lock: int, order: Mapping[str, Any]) -> str:
        """Run the command in a new directory, and declare it complete. The lock is held."""
        spec = self._spec
        prepared.set_holder(lock, f"{spec.attempt} of {spec.experiment}")
        self._report("preparing")
        try:
            prepared.remove_unused(self._waiter.beat)
            directory = prepared.create(self._waiter.beat)
            try:
                self._run_command(directory, order)
                self._sync(directory)
                prepared.complete(directory)
            except BaseException:
                with contextlib.suppress(OSError):  # the next preparation removes it
                    remove_tree(directory, self._waiter.beat)
                raise
        except AttemptEnded as ended:
            if ended.outcome == "refused":
                prepared.fail(f"{spec.experiment} {spec.attempt}", ended.reason)
            raise
        finally:
            os.ftruncate(lock, 0)
        self._report("prepared")
        return directory

    def _run_command(self, directory: str, order: Mapping[str, Any]) -> None:
        """Run the command to its end. Raises AttemptEnded if it fails or the attempt is ended."""
        spec = replace(self._spec, timeout=order["timeout"])
        process = self._start(directory, order["command"])
        monitor = ProcessMonitor(spec, process, self._claims, self._waiter)
        try:
            monitor.wait()
        finally:
            process.kill_rest(self._waiter.wait)
        if monitor.ending in ("stopped", "cancelled"):
            raise AttemptEnded(monitor.ending, monitor.reason)
        status = process.status or 0
        if monitor.ending is None and status == 0:
            return
        why = monitor.reason or exit_reason(status, ran_out=monitor.memory_ran_out())
        finder = ExceptionFinder(self._directory, f"{spec.root}/{spec.runtime}")
        printed = failure(process.log.lines, finder)
        reason = f"prepare failed on {spec.node}: {why}"
        raise AttemptEnded("refused", f"{reason}: {printed}" if printed else reason)

    def _start(self, directory: str, command: Any) -> TrialProcess:
        spec = self._spec
        argv = ["sh", "-c", command] if isinstance(command, str) else list(command)
        log = self._log()
        log.note(f"prepares {spec.node} in {directory}")
        enter_sandbox = partial(sandbox.enter, spec.store, directory)
        try:
            return TrialProcess(
                argv, self._variables(directory), self._directory, log, (), enter_sandbox
            )
        except OSError as error:
            reason = f"prepare cannot start {argv[0]!r} on {spec.node}: {describe(error)}"
            raise AttemptEnded("refused", reason) from None

    def _variables(self, directory: str) -> dict[str, str]:
        """The variables of a trial without what belongs to a trial, and without GPUs."""
        spec, share = self._spec, [Slot("0")]  # of the processors
        passed = passed_variables(spec, self._claims)
        variables = environment(
            spec, share, self._slots, self._run_dir, os.environ, passed, node_dir=directory
        )
        return {
            name: value
            for name, value in variables.items()
            if name in _KEPT or not name.startswith(("HEIRLOOM_", "NNI_"))
        }

    @property
    def _directory(self) -> str:
        """Where the command starts: in the snapshot, which is read-only."""
        spec = self._spec
        return spec.directory if spec.code is None else f"{spec.root}/{spec.code}"

    def _log(self) -> OutputLog:
        return OutputLog(f"{self._spec.directory}/output.log", self._spec.log_limit)

    def _sync(self, directory: str) -> None:
        """Make the directory's file system durable (syncfs(2)), in a child: it may take long."""
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = _syncfs(directory)
            finally:
                os._exit(code)
        for seconds in pauses(_FIRST_PAUSE, _LONGEST_PAUSE):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                break
            self._waiter.wait(seconds)
        if status != 0:
            code = os.waitstatus_to_exitcode(status)
            raise OSError(abs(code), os.strerror(abs(code)), directory)


def _syncfs(directory: str) -> int:
    """The error number; 0 if all is on the disk."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    return 0 if _LIBC.syncfs(fd) == 0 else ctypes.get_errno()

"""The supervisor: the process on a node that runs one attempt, from its claim to its report."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Optional

from ..store import manifest
from ..store.checkpoints.listing import Checkpoint
from ..store.files import Files
from .attempt_ended import AttemptEnded
from .claims import Claims
from .inspect import environments
from .limits.enforcement import Enforcement
from .prepare.preparation import Preparation
from .process import sandbox, workdir
from .process.environment import THREADS, environment, passed_variables
from .process.outcome import FinishedRun, evaluate_run, outcome_of_error
from .process.output_log import OutputLog
from .process.process_monitor import ProcessMonitor
from .process.retry_rules import match_retry_rule
from .process.trial_process import TrialProcess
from .reporting import USAGE, Reporter
from .slots import Slot, gpu_share, take_slots
from .spec import Spec
from .waiting.checkpoint import AttemptCheckpoints
from .waiting.end_requests import EndRequestPoller
from .waiting.heartbeat import HeartbeatWaiter
from .waiting.parents import verify_parent
from .waiting.verdict_waiter import VerdictWaiter
from .waiting.wakeups import Wakeups

STALE_AFTER = 10.0  # seconds after which parents are verified again before the process starts
_NODE_ERRORS = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class Supervisor:
    """Runs one attempt and reports its end, whatever happens."""

    def __init__(
        self,
        files: Files,
        run_dir: str,
        spec: Spec,
        slots: Sequence[Slot],
        limits: Enforcement = Enforcement(),  # noqa: B008 - it is immutable
    ) -> None:
        """`slots` are all slots of the node. Raises OSError when the attempt has no wakeup FIFO."""
        self._files = files
        self._limits = limits
        self._run_dir = run_dir
        self._spec = spec
        self._slots = slots
        self._claims = Claims(run_dir, spec.experiment)
        self._wakeups = Wakeups(self._claims.directory)
        wakeup = self._wakeups.open(spec.attempt)
        self._poller = EndRequestPoller(
            files, spec.root, self._claims, self._wakeups, spec.attempt, time.monotonic()
        )
        self._waiter = HeartbeatWaiter(
            wakeup, f"{spec.directory}/heartbeat", spec.heartbeat, self._poller
        )
        self._reporter = Reporter(files, spec, self._claims, self._waiter)
        self._checkpoints = AttemptCheckpoints(files, spec, self._pause, self._waiter.beat)
        self._continued: Optional[Checkpoint] = None
        self._seconds: dict[str, float] = {}  # spent in each phase
        self._usage: dict[str, Optional[float]] = dict.fromkeys(USAGE)
        self._node_dir = ""  # the node's prepared directory
        self._threads: Optional[str] = None  # of OpenMP, as the process was told; None: no process
        self._started_at: Optional[float] = None
        self._verified_at: dict[int, float] = {}  # parent -> when it was verified, monotonic

    def run(self) -> None:
        """Run the attempt to its end and report it."""
        try:
            ended = self._attempt()
        except Exception as error:
            log = f"{self._claims.directory}/supervisor.log on {self._spec.node}"
            ended = outcome_of_error(error, log)
        left = self._checkpoints.settle(ended.outcome)
        self._reporter.report_end(ended, self._seconds, self._usage, left)
        self._wakeups.remove(self._spec.attempt)
        self._poller.close()

    def _attempt(self) -> AttemptEnded:
        try:
            self._create_directory()
            self._check_end_request()  # one that came before the FIFO was open
            self._prepare_node()
            self._await_parents()
            finished = self._run_process()
        except AttemptEnded as ended:
            if ended.outcome != "stopped":
                raise
            finished = FinishedRun("stopped", ended.reason, weights=False)
        self._record_environment()
        with self._timed("committing"):
            return self._conclude(finished)

    def _record_environment(self) -> None:
        """Once an experiment and node. Before the commit, after which nothing may take long."""
        if self._threads is not None:
            with contextlib.suppress(OSError, ValueError):  # the next attempt tries again
                environments.record(self._spec, self._threads)

    def _create_directory(self) -> None:
        """Create the attempt's directory on the store; an existing one belongs to another."""
        spec = self._spec
        try:
            self._files.make_dir(spec.directory)
        except FileExistsError:
            raise AttemptEnded("refused", f"{spec.directory} exists already") from None
        self._files.make_dir(spec.out)
        self._files.make_dir(f"{spec.out}/weights")
        self._write_json("spec.json", {"format": 1, **vars(spec)})
        self._write_json("params.json", spec.params)
        self._waiter.beat()

    def _prepare_node(self) -> None:
        """Have the node prepared, if the experiment says so."""
        if self._spec.prepare is not None:
            with self._timed("preparing"):
                self._node_dir = Preparation(
                    self._spec,
                    self._run_dir,
                    len(self._slots),
                    self._claims,
                    self._waiter,
                    self._pause,
                    report=self._reporter.report_preparation,
                ).run()
            self._check_end_request()  # a recall does not interrupt a preparation

    def _write_json(self, name: str, data: Mapping[str, Any]) -> None:
        """Write a file for the trial and for people. It need not be durable."""
        with open(f"{self._spec.directory}/{name}", "w") as file:
            json.dump(data, file)

    def _await_parents(self) -> None:
        """Wait for the verdict of each parent, and verify its weights as soon as it is there."""
        verdict_waiter = self._verdict_waiter()
        missing = set(self._spec.restore)
        while missing:
            with self._timed("waiting"):
                trial = verdict_waiter.wait_for_first(missing, self._pause)
            self._verify([trial])
            missing.remove(trial)

    def _verify(self, parents: Sequence[int]) -> None:
        """Check that the parents' weights are the committed bytes. Raises AttemptEnded."""
        with self._timed("verifying"):
            for trial in parents:
                self._verified_at[trial] = self._waiter.now()
                verify_parent(self._files, self._spec.root, trial, self._pause, self._waiter.beat)

    def _stale_parents(self) -> list[int]:
        """The parents that were verified too long ago: the attempt has waited since."""
        now = self._waiter.now()
        return [trial for trial, at in self._verified_at.items() if now - at > STALE_AFTER]

    def _verdict_waiter(self) -> VerdictWaiter:
        spec, directory = self._spec, self._claims.directory
        return VerdictWaiter(self._files, spec.root, directory, self._wakeups, spec.attempt)

    def _run_process(self) -> FinishedRun:
        """Take slots and run the trial's process until it and all its descendants have ended."""
        spec = self._spec
        with self._timed("waiting"):
            taken, fds = self._take_slots()
        try:
            if spec.number > 1:
                with self._timed("verifying"):
                    self._continued = self._checkpoints.restore()
            if stale := self._stale_parents():
                self._verify(stale)
            if manifest.read(self._files, spec.root, spec.trial) is not None:
                raise AttemptEnded("beaten", "the trial had its verdict before the process started")
            with self._timed("running"):
                process = self._start_process(taken, fds)
                watch = self._limits.memory_watch(spec.memory, process.descendants)
                monitor = ProcessMonitor(spec, process, self._claims, self._waiter, watch)
                try:
                    share = gpu_share(taken, self._slots) if spec.gpus else 0.0
                    self._usage["gpu_share"] = share
                    self._reporter.report_start(self._started_at, taken, share)
                    monitor.wait()
                finally:
                    process.kill_rest(self._waiter.wait)
                    self._usage["peak_memory"] = process.peak_memory
                    self._usage["cpu_seconds"] = round(process.cpu_seconds, 6)
        finally:
            self._free_slots(fds)  # before the report, which may take long
        status, lines = process.status or 0, process.log.lines
        try:
            return evaluate_run(spec, monitor, status, lines)
        except AttemptEnded as ended:
            if ended.outcome != "failed":
                raise
            raise match_retry_rule(ended, spec.retry, status, lines) from None

    def _take_slots(self) -> tuple[list[Slot], list[int]]:
        """Wait for slots. Returns them and the descriptors that hold them."""
        spec = self._spec
        return take_slots(self._run_dir, self._slots, spec.slots, spec.gpus, self._pause)

    def _free_slots(self, fds: Sequence[int]) -> None:
        """Free the slots, then remove what the process left on the node's disk."""
        for fd in fds:
            os.close(fd)
        workdir.remove_bytecode(self._spec, self._run_dir)

    def _start_process(self, taken: Sequence[Slot], fds: Sequence[int]) -> TrialProcess:
        spec = self._spec
        command = ["sh", "-c", spec.command] if isinstance(spec.command, str) else spec.command
        directory = spec.working_directory
        passed = passed_variables(spec, self._claims)
        variables = environment(
            spec,
            taken,
            len(self._slots),
            self._run_dir,
            os.environ,
            passed,
            node_dir=self._node_dir,
            continued=self._continued,
        )
        self._threads = variables[THREADS]
        self._limits.bind(spec.cpus, self._slots.index(taken[0]))
        workdir.create(spec)
        log = OutputLog(f"{spec.directory}/output.log", spec.log_limit)
        enter_sandbox = partial(sandbox.enter, spec.store, spec.directory, spec.writable, spec.root)
        self._started_at = time.time()
        try:
            process = TrialProcess(command, variables, directory, log, fds, enter_sandbox)
        except OSError as error:
            if error.errno in _NODE_ERRORS or error.filename == directory:
                raise
            reason = f"cannot start {command[0]!r}: {error.strerror}"
            raise AttemptEnded("failed", reason) from None
        self._limits.step_out()
        return process

    def _conclude(self, finished: FinishedRun) -> AttemptEnded:
        """Commit the weights, or pass the verdict without weights; accept an earlier verdict."""
        spec = self._spec
        standing = self._reporter.pass_verdict(finished, self._started_at, self._seconds)
        with contextlib.suppress(OSError):
            self._wakeups.notify_subscribers(spec.trial)
        if standing.attempt != spec.attempt:
            reason = f"the trial was {standing.state} before this attempt ended"
            return AttemptEnded("beaten", reason)
        outcome = "committed" if standing.state == "succeeded" else "stopped"
        return AttemptEnded(outcome, standing.reason)

    def _pause(self, timeout: Optional[float], /, *descriptors: int) -> set[int]:
        """Wait as HeartbeatWaiter.wait does. Raises AttemptEnded on a request to end."""
        ready = self._waiter.wait(timeout, *descriptors)
        if self._waiter.wakeup in ready:
            self._check_end_request()
        return ready

    def _check_end_request(self) -> None:
        request = self._claims.end_request(self._spec.attempt)
        if request is not None:
            raise AttemptEnded(*request)

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        """Add the time that the block takes to the phase's seconds."""
        began = self._waiter.now()
        try:
            yield
        finally:
            spent = self._waiter.now() - began
            self._seconds[phase] = round(self._seconds.get(phase, 0.0) + spent, 6)

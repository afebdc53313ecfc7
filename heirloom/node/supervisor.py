"""The small process on a node that looks after one attempt, from its claim to its last word."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Optional

from ..store import mail, manifest
from ..store.commit import CommitError, Recalled, commit, fence, pass_verdict
from ..store.files import Files
from ..store.manifest import Manifest, ManifestError
from ..store.verify import verify
from .claims import Claims
from .heartbeat import Watch
from .process import sandbox, workdir
from .process.child import Process
from .process.ended import Ended
from .process.environment import environment
from .process.log import Log
from .process.outcome import Finished, judge, of_error
from .process.retry_rules import of_failure
from .process.running import Running
from .slots import Slot, take
from .spec import Spec
from .waiting import Waiting
from .wakeups import Wakeups

_PATIENCE = 3600.0  # seconds in which a store that does not answer is asked again and again
_SLOWEST = 5.0  # seconds between tries
STALE = 10.0  # seconds for which parents that were checked count as whole
_STANDING = ("committed", "stopped", "beaten")  # outcomes after which a manifest stands
_NODES_FAULT = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


class Supervisor:
    """One attempt's life. It mails how that ended, whatever happens."""

    def __init__(self, files: Files, run_dir: str, spec: Spec, slots: Sequence[Slot]) -> None:
        """`slots` are the node's. Raises OSError when the attempt has no bell."""
        self._files = files
        self._run_dir = run_dir
        self._spec = spec
        self._slots = slots
        self._claims = Claims(run_dir, spec.experiment)
        self._bells = Wakeups(self._claims.directory)
        bell = self._bells.open(spec.attempt)
        self._watch = Watch(bell, f"{spec.directory}/heartbeat", spec.heartbeat)
        self._seconds: dict[str, float] = {}
        self._started_at: Optional[float] = None
        self._checked: dict[int, float] = {}  # when each parent's bytes were, by `Watch.now`

    def live(self) -> None:
        """Look after the attempt until it has ended and everybody is told."""
        try:
            ended = self._attempt()
        except Ended as over:
            ended = over
        except OSError as error:
            ended = of_error(error)
        except ManifestError as error:
            ended = Ended("refused", str(error))
        except Exception as error:
            os.write(2, traceback.format_exc().encode())
            ended = Ended(
                "refused",
                f"its supervisor broke ({type(error).__name__}: {error}): "
                f"see {self._claims.directory}/supervisor.log on {self._spec.node}",
            )
        self._tell(ended)
        self._bells.remove(self._spec.attempt)

    def _attempt(self) -> Ended:
        try:
            self._prepare()
            self._heed()  # what was asked before the bell could be heard
            self._await_parents()
            finished = self._run()
        except Ended as ended:
            if ended.outcome != "stopped":
                raise
            finished = Finished("stopped", ended.reason, weights=False)
        with self._timed("committing"):
            return self._conclude(finished)

    def _prepare(self) -> None:
        """Make the attempt's directory on the store. Whoever makes it first owns the attempt."""
        spec = self._spec
        try:
            self._files.make_dir(spec.directory)
        except FileExistsError:
            raise Ended("refused", f"{spec.directory} is there already") from None
        self._files.make_dir(spec.out)
        self._files.make_dir(f"{spec.out}/weights")
        self._put("spec.json", {"format": 1, **vars(spec)})
        self._put("params.json", spec.params)
        self._watch.beat()

    def _put(self, name: str, said: Mapping[str, Any]) -> None:
        """Write a file for the trial and for people. It need not be durable."""
        with open(f"{self._spec.directory}/{name}", "w") as file:
            json.dump(said, file)

    def _await_parents(self) -> None:
        spec = self._spec
        waiting = self._waiting()
        missing = set(spec.restore)
        while missing:
            with self._timed("waiting"):
                trial = waiting.first_of(missing, self._pause)
            self._check([trial])
            missing.remove(trial)

    def _check(self, parents: Sequence[int]) -> None:
        """See that the parents' weights are as they were committed, byte for byte."""
        with self._timed("verifying"):
            for trial in parents:
                self._checked[trial] = self._watch.now()
                verify(self._files, self._spec.root, trial, self._pause, self._watch.beat)

    def _stale(self) -> list[int]:
        """The parents that were checked too long ago, since it waited for others or for slots."""
        now = self._watch.now()
        return [trial for trial, at in self._checked.items() if now - at > STALE]

    def _waiting(self) -> Waiting:
        spec = self._spec
        return Waiting(self._files, spec.root, self._claims.directory, self._bells, spec.attempt)

    def _run(self) -> Finished:
        """Run the process in its slots, to its end and that of all it left."""
        spec = self._spec
        with self._timed("waiting"):
            taken, fds = self._take()
        try:
            if stale := self._stale():
                self._check(stale)
            if manifest.read(self._files, spec.root, spec.trial) is not None:
                raise Ended("beaten", "the trial had its verdict before the process started")
            with self._timed("running"):
                process = self._start(taken, fds)
                running = Running(spec, process, self._claims, self._watch)
                try:
                    self._mail_began(taken)
                    running.wait()
                finally:
                    process.end_rest(self._watch.wait)
        finally:
            self._free(fds)  # nothing of the trial lives; to tell how it ended may take long
        status = process.status or 0
        try:
            return judge(spec, running, status, process.log.last_line)
        except Ended as ended:
            if ended.outcome != "failed":
                raise
            raise of_failure(ended, spec.retry, status, process.log.lines) from None

    def _take(self) -> tuple[list[Slot], list[int]]:
        """Wait for slots: those taken, and the descriptors that hold them."""
        spec = self._spec
        return take(self._run_dir, self._slots, spec.slots, spec.gpus, self._pause)

    def _free(self, fds: Sequence[int]) -> None:
        """Leave nothing of the process on the node, its slots first."""
        for fd in fds:
            os.close(fd)
        workdir.forget_bytecode(self._spec, self._run_dir)

    def _start(self, taken: Sequence[Slot], fds: Sequence[int]) -> Process:
        spec = self._spec
        command = ["sh", "-c", spec.command] if isinstance(spec.command, str) else spec.command
        directory = spec.working_directory
        seen = environment(spec, taken, len(self._slots), self._run_dir, os.environ)
        workdir.make(spec)
        log = Log(f"{spec.directory}/output.log", spec.log_limit)
        narrow = partial(sandbox.narrow, spec.store, spec.directory, spec.writable, spec.root)
        self._started_at = time.time()
        try:
            return Process(command, seen, directory, log, fds, narrow)
        except OSError as error:
            if error.errno in _NODES_FAULT or error.filename == directory:
                raise
            raise Ended("failed", f"cannot start {command[0]!r}: {error.strerror}") from None

    def _conclude(self, finished: Finished) -> Ended:
        """Make the run the trial's verdict, unless another stands there."""
        spec = self._spec
        verdict = Manifest(
            experiment=spec.experiment,
            trial=spec.trial,
            state=finished.state,
            reason=finished.reason,
            attempt=spec.attempt,
            node=spec.node,
            value=finished.value,
            result=finished.result,
            parents=spec.restore,
            started_at=self._started_at,
            seconds=self._seconds,
        )
        try:
            if finished.weights:
                standing = commit(self._files, spec.root, spec.out, verdict, self._watch.beat)
            else:
                standing = pass_verdict(self._files, spec.root, verdict)
        except CommitError as error:
            raise Ended("failed", str(error)) from None
        except Recalled:
            raise Ended("recalled", "its directory was taken away before it committed") from None
        except OSError as error:
            standing = self._standing(error)
        with contextlib.suppress(OSError):
            self._bells.announce(spec.trial)
        if standing.attempt != spec.attempt:
            return Ended("beaten", f"the trial was {standing.state} before this attempt ended")
        outcome = "committed" if standing.state == "succeeded" else "stopped"
        return Ended(outcome, standing.reason)

    def _standing(self, error: OSError) -> Manifest:
        """The verdict that stands after `error` in passing one, which may have held all the same.

        A store that does not answer is asked again and again. Raises `error` where nothing stands.
        """
        patience = self._watch.now() + _PATIENCE
        pause = 0.05
        while self._watch.now() < patience:
            with contextlib.suppress(OSError):
                found = manifest.read(self._files, self._spec.root, self._spec.trial)
                if found is None:
                    break
                self._files.sync_dir(f"{self._spec.root}/trials")  # else power could take it back
                return found
            self._watch.wait(pause)
            pause = min(pause * 2, _SLOWEST)
        raise error

    def _mail_began(self, taken: Sequence[Slot]) -> None:
        with contextlib.suppress(OSError):  # mail only hurries
            mail.send(
                self._files,
                self._spec.root,
                {
                    "kind": "began",
                    "attempt": self._spec.attempt,
                    "node": self._spec.node,
                    "started_at": self._started_at,
                    "gpus": [gpu for slot in taken for gpu in slot.gpus],
                },
            )

    def _tell(self, ended: Ended) -> None:
        """Fence an attempt that made no verdict, mail its end, and leave word on the node."""
        message = {
            "format": 1,
            "kind": "ended",
            "attempt": self._spec.attempt,
            "node": self._spec.node,
            "outcome": ended.outcome,
            "reason": ended.reason,
            "parent": ended.parent,
            "rule": ended.rule,
            "seconds": self._seconds,
        }
        patience = self._watch.now() + _PATIENCE
        pause = 0.05
        while not self._told(ended, message) and self._watch.now() < patience:
            with contextlib.suppress(OSError):  # a probe finds it, however long the store is away
                self._claims.close(self._spec.attempt, message)
            self._watch.wait(pause)
            pause = min(pause * 2, _SLOWEST)
        self._claims.close(self._spec.attempt, message)

    def _told(self, ended: Ended, message: Mapping[str, Any]) -> bool:
        """Whether the store took the fence and the mail."""
        spec = self._spec
        try:
            if ended.outcome not in _STANDING:
                fence(self._files, spec.out, ended.outcome)
            if ended.outcome == "full":  # what cannot be kept makes room for the mail
                shutil.rmtree(f"{spec.out}.full", ignore_errors=True)
            mail.send(self._files, spec.root, message)
        except OSError:
            return False
        return True

    def _pause(self, timeout: Optional[float], *fds: int) -> set[int]:
        """Wait as `Watch.wait` does. Raises Ended when somebody wants the attempt's end."""
        ready = self._watch.wait(timeout, *fds)
        if self._watch.bell in ready:
            self._heed()
        return ready

    def _heed(self) -> None:
        asked = self._claims.end_asked(self._spec.attempt)
        if asked is not None:
            raise Ended(*asked)

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        began = self._watch.now()
        try:
            yield
        finally:
            spent = self._watch.now() - began
            self._seconds[phase] = round(self._seconds.get(phase, 0.0) + spent, 6)

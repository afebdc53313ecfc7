"""Report an attempt's start, verdict and end: on the store, and in a file on the node."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ..store import mail, manifest
from ..store.backoff import pauses
from ..store.commits.commit import CommitError, Recalled, commit, fence, pass_verdict
from ..store.files import Files
from ..store.manifest import Manifest
from .attempt_ended import AttemptEnded
from .claims import Claims
from .process.outcome import FinishedRun
from .slots import Slot
from .spec import Spec
from .waiting.heartbeat import HeartbeatWaiter

RETRY_FOR = 3600.0  # seconds for which an operation on the store is retried
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds between retries
USAGE = ("peak_memory", "cpu_seconds", "gpu_share")  # of `report_end`
_WITH_MANIFEST = ("committed", "stopped", "beaten")  # outcomes after which the trial has a manifest


class Reporter:
    """Reports the start, the verdict and the end of one attempt."""

    def __init__(self, files: Files, spec: Spec, claims: Claims, waiter: HeartbeatWaiter) -> None:
        self._files = files
        self._spec = spec
        self._claims = claims
        self._waiter = waiter

    def report_start(
        self, started_at: Optional[float], slots: Sequence[Slot], gpu_share: float
    ) -> None:
        """Mail that the trial's process has started. Errors are ignored: mail is not needed.

        `gpu_share` is the number of GPUs that it has; one that several slots share counts in parts.
        """
        with contextlib.suppress(OSError):
            mail.send(
                self._files,
                self._spec.root,
                {
                    "kind": "began",
                    "attempt": self._spec.attempt,
                    "node": self._spec.node,
                    "started_at": started_at,
                    "gpus": [gpu for slot in slots for gpu in slot.gpus],
                    "gpu_share": gpu_share,
                },
            )

    def report_preparation(self, kind: str) -> None:
        """Mail that the attempt prepares its node (`preparing`), or has (`prepared`)."""
        spec = self._spec
        with contextlib.suppress(OSError):
            mail.send(
                self._files,
                spec.root,
                {"kind": kind, "attempt": spec.attempt, "node": spec.node},
            )

    def pass_verdict(
        self, finished: FinishedRun, started_at: Optional[float], seconds: Mapping[str, float]
    ) -> Manifest:
        """Commit the weights, or pass the verdict without weights. Returns the trial's verdict.

        That is an earlier one if there is one. `seconds` is the time that each phase took. Raises
        AttemptEnded and OSError.
        """
        spec = self._spec
        verdict = Manifest(
            experiment=spec.experiment,
            trial=spec.trial,
            state=finished.state,
            reason=finished.reason,
            attempt=spec.attempt,
            node=spec.node,
            value=finished.value,
            values=finished.values,
            result=finished.result,
            parents=spec.restore,
            started_at=started_at,
            seconds=seconds,
        )
        try:
            if finished.weights:
                return commit(self._files, spec.root, spec.out, verdict, self._waiter.beat)
            return pass_verdict(self._files, spec.root, verdict)
        except CommitError as error:
            raise AttemptEnded("failed", str(error)) from None
        except Recalled:
            reason = "its `out` directory was renamed away before the commit"
            raise AttemptEnded("recalled", reason) from None
        except OSError as error:
            return self._standing_verdict(error)

    def report_end(
        self,
        ended: AttemptEnded,
        seconds: Mapping[str, float],
        usage: Mapping[str, Optional[float]],
        checkpoints: int = 0,
    ) -> None:
        """Fence an attempt without a verdict, mail its end, and record it on the node.

        `seconds` is the time that each phase took. `usage` has USAGE: the bytes of the largest
        process, the processor time of all processes, and the number of GPUs, each None where no
        process ran.
        `checkpoints` is the size of the checkpoints that the attempt leaves, in bytes. While the
        store refuses, this is retried for an hour; a probe finds the end in the file on the node
        meanwhile.
        """
        message = {
            "format": 1,
            "kind": "ended",
            "attempt": self._spec.attempt,
            "node": self._spec.node,
            "outcome": ended.outcome,
            "reason": ended.reason,
            "parent": ended.parent,
            "rule": ended.rule,
            "seconds": seconds,
            **usage,
            "checkpoints": checkpoints,
        }
        deadline = self._waiter.now() + RETRY_FOR
        for pause in pauses(FIRST_PAUSE, LONGEST_PAUSE):
            if self._fence_and_mail(ended, message) or self._waiter.now() >= deadline:
                break
            with contextlib.suppress(OSError):
                self._claims.record_end(self._spec.attempt, message)
            self._waiter.wait(pause)
        self._claims.record_end(self._spec.attempt, message)

    def _standing_verdict(self, error: OSError) -> Manifest:
        """The trial's verdict after `error`: the rename may have succeeded all the same.

        Retries while the store does not answer. Raises `error` when the trial has no verdict.
        """
        deadline = self._waiter.now() + RETRY_FOR
        for pause in pauses(FIRST_PAUSE, LONGEST_PAUSE):
            if self._waiter.now() >= deadline:
                break
            with contextlib.suppress(OSError):
                found = manifest.read(self._files, self._spec.root, self._spec.trial)
                if found is None:
                    break
                # A verdict that a power loss could still take back must not be reported.
                self._files.sync_dir(f"{self._spec.root}/trials")
                return found
            self._waiter.wait(pause)
        raise error

    def _fence_and_mail(self, ended: AttemptEnded, message: Mapping[str, Any]) -> bool:
        """Returns whether both succeeded."""
        spec = self._spec
        try:
            if ended.outcome not in _WITH_MANIFEST:
                fence(self._files, spec.out, ended.outcome)
            if ended.outcome == "full":  # weights that cannot be committed give the mail its space
                shutil.rmtree(f"{spec.out}.full", ignore_errors=True)
            mail.send(self._files, spec.root, message)
        except OSError:
            return False
        return True

"""Read the verdicts in trials/N, and pass the controller's own."""

from __future__ import annotations

import errno
import logging
from collections import Counter
from collections.abc import Callable

from controller.core.events import VerdictSeen
from controller.core.model import State, split_attempt
from controller.store.layout import Root
from heirloom.store import manifest
from heirloom.store.commits import commit
from heirloom.store.files import Files
from heirloom.store.manifest import Manifest, ManifestError

READS = 3  # reads that must all find a manifest damaged before it counts as damaged
_log = logging.getLogger(__name__)


class Verdicts:
    """The verdicts of one experiment. `now` is the wall clock, in seconds since the epoch.

    A manifest in trials/N ends the trial, even if it is damaged: the verdict is then *failed*, with
    the damage as its reason. A manifest counts as damaged after READS reads, since one read may go
    wrong. Methods raise OSError when the store does not answer, or before that count is reached.
    """

    def __init__(self, root: Root, experiment: str, files: Files, now: Callable[[], float]) -> None:
        self._root, self._files, self._now = str(root.path), files, now
        self._experiment = experiment
        self._damage: Counter[int] = Counter()  # reads that found it, by trial

    def read(self, trial: int) -> VerdictSeen | None:
        """The trial's verdict; None if it has none."""
        try:
            found = manifest.read(self._files, self._root, trial)
        except ManifestError as damage:
            return self._damaged(trial, damage)
        if found is None:
            return None
        self._files.sync_dir(f"{self._root}/trials")  # before it is journaled, it must be durable
        return self._event(found)

    def settle(self, trial: int, state: State, reason: str) -> VerdictSeen:
        """Pass a verdict unless the trial has one; returns the verdict it has in the end."""
        asked = Manifest(experiment=self._experiment, trial=trial, state=str(state), reason=reason)
        try:
            return self._event(commit.pass_verdict(self._files, self._root, asked))
        except ManifestError as damage:
            return self._damaged(trial, damage)

    def _event(self, found: Manifest) -> VerdictSeen:
        return VerdictSeen(
            at=self._now(),
            trial=found.trial,
            state=State(found.state),
            reason=found.reason,
            number=None if found.attempt is None else split_attempt(found.attempt)[1],
            value=None if found.value is None else float(found.value),
            values={name: float(value) for name, value in found.values.items()} or None,
            result=found.result,
            weights=found.weights,
            size=found.size,
            shared=found.shared,
        )

    def _damaged(self, trial: int, damage: ManifestError) -> VerdictSeen:
        self._damage[trial] += 1
        if self._damage[trial] < READS:
            raise OSError(errno.EIO, f"{damage}; it may have been read wrongly")
        _log.error("the verdict on trial %d is damaged: %s", trial, damage)
        return VerdictSeen(at=self._now(), trial=trial, state=State.FAILED, reason=f"{damage}")

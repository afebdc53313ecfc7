"""Verdicts on the store: what stands in trials/N, and the controller's own put there."""

from __future__ import annotations

import errno
import logging
from collections import Counter
from collections.abc import Callable

from controller.core.events import VerdictSeen
from controller.core.model import State, split_attempt
from controller.store.layout import Root
from heirloom.store import commit, manifest
from heirloom.store.files import Files
from heirloom.store.manifest import Manifest, ManifestError

LOOKS = 3  # that find a verdict damaged until that is believed
_log = logging.getLogger(__name__)


class Verdicts:
    """The verdicts of one experiment. `now` is the wall clock, in seconds since the epoch.

    What stands there is the trial's end whatever it holds, so a damaged manifest counts as a
    failure, with the damage as its reason: once it was found so again and again, for it may have
    been read wrongly. Methods raise OSError when the store does not answer, or not credibly.
    """

    def __init__(self, root: Root, experiment: str, files: Files, now: Callable[[], float]) -> None:
        self._root, self._files, self._now = str(root.path), files, now
        self._experiment = experiment
        self._damage: Counter[int] = Counter()  # looks that found it, by trial

    def read(self, trial: int) -> VerdictSeen | None:
        """The verdict that stands, if one does."""
        try:
            found = manifest.read(self._files, self._root, trial)
        except ManifestError as damage:
            return self._damaged(trial, damage)
        if found is None:
            return None
        self._files.sync_dir(f"{self._root}/trials")  # what is journaled must not be lost here
        return self._seen(found)

    def settle(self, trial: int, state: State, reason: str) -> VerdictSeen:
        """Pass a verdict unless one stands; the one that stands in the end."""
        asked = Manifest(experiment=self._experiment, trial=trial, state=str(state), reason=reason)
        try:
            return self._seen(commit.pass_verdict(self._files, self._root, asked))
        except ManifestError as damage:
            return self._damaged(trial, damage)

    def _seen(self, found: Manifest) -> VerdictSeen:
        return VerdictSeen(
            at=self._now(),
            trial=found.trial,
            state=State(found.state),
            reason=found.reason,
            number=None if found.attempt is None else split_attempt(found.attempt)[1],
            value=None if found.value is None else float(found.value),
            result=found.result,
            weights=found.weights,
            size=found.size,
            shared=found.shared,
        )

    def _damaged(self, trial: int, damage: ManifestError) -> VerdictSeen:
        self._damage[trial] += 1
        if self._damage[trial] < LOOKS:
            raise OSError(errno.EIO, f"{damage}; it may have been read wrongly")
        _log.error("the verdict on trial %d is damaged: %s", trial, damage)
        return VerdictSeen(at=self._now(), trial=trial, state=State.FAILED, reason=f"{damage}")

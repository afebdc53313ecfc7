"""Where an attempt continues: the newest checkpoint of an earlier attempt of its trial."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Callable
from typing import Optional

from ...store import manifest
from ...store.checkpoints.listing import Checkpoint, remove_tree, tree_size
from ...store.checkpoints.restoring import Restorer, copy_file
from ...store.files import Files
from ...store.manifest import ManifestError
from ..spec import Spec
from .pause import Pause

_OUTAGE_PAUSE = 1.0  # seconds before each retry while the store does not answer
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)
_WITH_VERDICT = ("committed", "stopped")  # outcomes after which the controller removes checkpoints


class AttemptCheckpoints:
    """The checkpoints of one attempt: the one that it continues from, and those that it leaves.

    `pause` waits and may raise AttemptEnded. `idle` is called now and then.
    """

    def __init__(self, files: Files, spec: Spec, pause: Pause, idle: Callable[[], None]) -> None:
        self._files, self._spec = files, spec
        self._pause, self._idle = pause, idle

    def restore(self) -> Optional[Checkpoint]:
        """Copy the newest whole checkpoint of an earlier attempt, and say so in log and metrics.

        Returns it, or None if there is none. The line in the metrics comes before every report of
        the attempt. An outage says nothing about checkpoints, so the look is repeated until the
        store answers. Raises OSError for a full store, or if the line cannot be written.
        """
        found = self._copy_newest()
        if found is not None:
            attempt = f"{self._spec.trial}.{found.attempt}"
            self._say(f"continues from the checkpoint of {attempt} at step {found.step}")
            line = json.dumps({"continued": {"attempt": found.attempt, "step": found.step}})
            self._append("metrics.jsonl", line)
        return found

    def settle(self, outcome: str) -> int:
        """The bytes of the checkpoints that the ended attempt leaves. Errors are ignored.

        Its copy of an earlier one is removed. So are its own if another verdict ended the trial:
        then the attempt was given up, and nobody else removes what it has saved since.
        """
        files, spec = self._files, self._spec
        with contextlib.suppress(OSError, ManifestError):
            if spec.number > 1:
                remove_tree(files, spec.continued)
            size = tree_size(files, spec.checkpoints)
            if size and outcome not in _WITH_VERDICT and self._is_over():
                remove_tree(files, spec.checkpoints)
                return 0
            return size
        return 0

    def _is_over(self) -> bool:
        return manifest.read(self._files, self._spec.root, self._spec.trial) is not None

    def _copy_newest(self) -> Optional[Checkpoint]:
        earlier = {number: self._spec.path_of(number) for number in range(1, self._spec.number)}
        restorer = Restorer(
            self._files, earlier, copy=self._copy, say=self._say, pause=self._pause, idle=self._idle
        )
        while earlier:
            try:
                return restorer.restore(self._spec.continued)
            except OSError as error:
                if error.errno in _NO_SPACE:
                    raise
                self._pause(_OUTAGE_PAUSE)
        return None

    def _copy(self, source: str, target: str) -> None:
        copy_file(source, target, self._idle)

    def _say(self, text: str) -> None:
        """Write a line to the trial's log. Errors are ignored."""
        with contextlib.suppress(OSError):
            self._append("output.log", f"[heirloom: {text}]")

    def _append(self, name: str, line: str) -> None:
        with open(f"{self._spec.directory}/{name}", "a", encoding="utf-8") as file:
            file.write(f"{line}\n")

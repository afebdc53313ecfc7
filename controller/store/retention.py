"""Weights that may go are taken from the store, and what dead attempts left there.

First the name goes, in one rename, so that nobody ever finds half of them; then the files. The
empty directory `weights.removed` stays beside the manifest and says what became of them. Whatever
is interrupted is done by doing it again.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from controller.core.events import Removed
from controller.core.model import attempt_name
from controller.store.layout import Root
from heirloom.files import Files
from heirloom.manifest import REMOVED

_FORBIDDEN = (errno.EPERM, errno.EACCES, errno.EROFS)
_TRIES = 3  # after which what is forbidden is believed to be so
_OPEN, _CLOSED = 0o2770, 0o550  # modes of a directory: to be changed, and of what is committed


@dataclass
class Removal:
    """One removal, trial by trial and attempt by attempt, since each may take a while."""

    root: Root
    files: Files
    trials: Sequence[int]
    attempts: Sequence[tuple[int, int]]
    _steps: list[Callable[[], int]] = field(init=False)
    _gone: list[int] = field(init=False, default_factory=list)
    _swept: list[tuple[int, int]] = field(init=False, default_factory=list)
    _size: int = field(init=False, default=0)
    _problem: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self._steps = [partial(self._sweep, *attempt) for attempt in reversed(self.attempts)]
        self._steps += [partial(self._remove, trial) for trial in reversed(self.trials)]

    def step(self, now: float) -> Removed | None:
        """Do the next piece; what is gone when all is done. Raises OSError: call it again.

        What this user is not allowed to remove is left, and why is told in the end.
        """
        if self._steps:
            self._try(self._steps[-1])
            self._steps.pop()
        if self._steps:
            return None
        return Removed(
            at=now,
            trials=tuple(self._gone),
            attempts=tuple(self._swept),
            size=self._size,
            problem=self._problem,
        )

    def _try(self, step: Callable[[], int]) -> None:
        """Do it, or note why it is forbidden: thrice, for an attempt may close its files."""
        for left in reversed(range(_TRIES)):
            try:
                self._size += step()
                return
            except OSError as error:
                if error.errno not in _FORBIDDEN:
                    raise
                if not left:
                    self._problem = f"{error.strerror}: {error.filename}"

    def _remove(self, trial: int) -> int:
        place = str(self.root.trial(trial))
        size = remove_weights(self.files, place)
        self._gone.append(trial)
        return size

    def _sweep(self, trial: int, number: int) -> int:
        size = remove_leftovers(self.files, f"{self.root.attempts}/{attempt_name(trial, number)}")
        self._swept.append((trial, number))
        return size


def remove_weights(files: Files, place: str) -> int:
    """Remove `weights` from a trial's directory; the bytes that had a name there. Raises OSError.

    The manifest stays. Weights that are gone already are no error.
    """
    aside = f"{place}/{REMOVED}"
    if files.look(f"{place}/weights") is not None:
        files.chmod(place, _OPEN)
        with contextlib.suppress(FileNotFoundError):  # asked twice, over a network
            files.rename(f"{place}/weights", aside)
        files.sync_dir(place)
    if files.look(aside) is None:
        return 0
    size = _empty(files, aside)
    files.sync_dir(aside)  # once it is journaled nobody looks here again
    files.chmod(place, _CLOSED)
    return size


def remove_leftovers(files: Files, attempt: str) -> int:
    """Remove what an attempt that did not commit would have committed; its bytes. Raises OSError.

    Its log and its reports stay.
    """
    size = 0
    with contextlib.suppress(FileNotFoundError):
        for name in files.names(attempt):
            if name == "out" or name.startswith("out."):
                size += _empty(files, f"{attempt}/{name}")
                files.remove_dir(f"{attempt}/{name}")
        files.sync_dir(attempt)
    return size


def _empty(files: Files, directory: str) -> int:
    """Remove everything in a directory; the bytes of its files. Links are not followed."""
    size = 0
    files.chmod(directory, _OPEN)
    for name in files.names(directory):
        path = f"{directory}/{name}"
        found = files.look(path)
        if found is None:
            continue
        if found.kind == "directory":
            size += _empty(files, path)
            files.remove_dir(path)
        else:
            size += found.size if found.kind == "file" else 0
            files.remove(path)
    return size

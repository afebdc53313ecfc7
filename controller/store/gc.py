"""Weights that may go are taken from the store, and what dead attempts left there.

First the name goes, in one rename, so that nobody ever finds half of them; then the files. The
empty directory `weights.removed` stays beside the manifest and says what became of them. Whatever
is interrupted is done by doing it again.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice

from controller.core.events import Removed
from controller.core.model import attempt_name
from controller.store.layout import Root
from heirloom.store.files import Files, Stat
from heirloom.store.manifest import REMOVED

_FORBIDDEN = (errno.EPERM, errno.EACCES, errno.EROFS)
_TRIES = 3  # after which what is forbidden is believed to be so
_PIECE = 1000  # names removed at one step: mail is not to wait for a million of them
_OPEN, _CLOSED = 0o2770, 0o550  # modes of a directory: to be changed, and of what is committed


@dataclass
class Removal:
    """One removal, trial by trial and attempt by attempt, since each may take a while."""

    root: Root
    files: Files
    trials: Sequence[int]
    attempts: Sequence[tuple[int, int]]
    _steps: list[Callable[[], Iterator[int]]] = field(init=False)
    _under_way: Iterator[int] | None = field(init=False, default=None)
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
            if not self._try():
                return None
            self._steps.pop()
            self._under_way = None
        if self._steps:
            return None
        return Removed(
            at=now,
            trials=tuple(self._gone),
            attempts=tuple(self._swept),
            size=self._size,
            problem=self._problem,
        )

    def _try(self) -> bool:
        """Go on with the next step, or note why it is forbidden; whether it is over.

        That is tried thrice, for an attempt may close its files.
        """
        for left in reversed(range(_TRIES)):
            try:
                return self._go_on()
            except OSError as error:
                self._under_way = None
                if error.errno not in _FORBIDDEN:
                    raise
                if not left:
                    self._problem = f"{error.strerror}: {error.filename}"
        return True

    def _go_on(self) -> bool:
        """Remove some names; whether the step is done."""
        if self._under_way is None:
            self._under_way = self._steps[-1]()
        taken = 0
        for size in islice(self._under_way, _PIECE):
            self._size += size
            taken += 1
        return taken < _PIECE

    def _remove(self, trial: int) -> Iterator[int]:
        yield from remove_weights(self.files, str(self.root.trial(trial)))
        self._gone.append(trial)

    def _sweep(self, trial: int, number: int) -> Iterator[int]:
        attempt = f"{self.root.attempts}/{attempt_name(trial, number)}"
        yield from remove_leftovers(self.files, attempt)
        self._swept.append((trial, number))


def remove_weights(files: Files, place: str) -> Iterator[int]:
    """Remove `weights` from a trial's directory; the bytes of each name. Raises OSError.

    The manifest stays. Weights that are gone already are no error.
    """
    aside = f"{place}/{REMOVED}"
    if files.stat(f"{place}/weights") is not None:
        files.chmod(place, _OPEN)
        with contextlib.suppress(FileNotFoundError):  # asked twice, over a network
            files.rename(f"{place}/weights", aside)
        files.sync_dir(place)
    if files.stat(aside) is not None:
        yield from _empty(files, aside)
        files.sync_dir(aside)  # once it is journaled nobody looks here again
        files.chmod(place, _CLOSED)


def remove_leftovers(files: Files, attempt: str) -> Iterator[int]:
    """Remove what an attempt that did not commit would have committed; the bytes of each name.

    Its log and its reports stay. Raises OSError.
    """
    with contextlib.suppress(FileNotFoundError):
        for name in files.names(attempt):
            if name == "out" or name.startswith("out."):
                path = f"{attempt}/{name}"
                found = files.stat(path)
                if found is not None and found.kind == "directory":
                    yield from _empty(files, path)
                    files.remove_dir(path)
                elif found is not None:
                    yield _remove_file(files, path, found)
        files.sync_dir(attempt)


def _empty(files: Files, top: str) -> Iterator[int]:
    """Remove everything in a directory; the bytes of each name. Links are not followed.

    What lies deeper is moved up: a trial may nest directories deeper than a path, or our stack, is.
    """
    numbered = (f"{top}/{number}" for number in count())
    free = (path for path in numbered if files.stat(path) is None)
    files.chmod(top, _OPEN)
    while names := files.names(top, _PIECE):
        for name in names:
            path = f"{top}/{name}"
            found = files.stat(path)
            if found is not None and found.kind == "directory":
                yield from _flatten(files, path, free)
                files.remove_dir(path)
            elif found is not None:
                yield _remove_file(files, path, found)


def _flatten(files: Files, directory: str, free: Iterator[str]) -> Iterator[int]:
    """Remove the files in a directory, and move its directories to paths that are free."""
    files.chmod(directory, _OPEN)
    while names := files.names(directory, _PIECE):
        for name in names:
            path = f"{directory}/{name}"
            found = files.stat(path)
            if found is not None and found.kind == "directory":
                files.chmod(path, _OPEN)  # who moves a directory changes what `..` in it means
                files.rename(path, next(free))
                yield 0
            elif found is not None:
                yield _remove_file(files, path, found)


def _remove_file(files: Files, path: str, found: Stat) -> int:
    files.remove(path)
    return found.size if found.kind == "file" else 0

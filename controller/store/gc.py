"""Remove weights from the store, checkpoints, and what attempts without a commit left there.

First `weights` is renamed to `weights.removed`, so no reader finds half of them; then the files are
removed. The empty directory `weights.removed` stays beside the manifest as a record. A removal that
was interrupted is completed by repeating it.
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count, islice
from typing import Generic, TypeVar

from controller.core.events import CheckpointsRemoved, Removed
from controller.core.model import attempt_name
from controller.store.layout import Root
from heirloom.store.commits.commit import fence
from heirloom.store.files import Files, Stat
from heirloom.store.manifest import REMOVED
from heirloom.store.os_errors import describe

CHECKPOINTS = ("checkpoint", "continued")  # directories of an attempt
_FORBIDDEN = (errno.EPERM, errno.EACCES, errno.EROFS)
_TRIES = 3  # before a permission error counts
_PIECE = 1000  # names removed in one step, so that a large removal does not delay mail
_OPEN, _CLOSED = 0o2770, 0o550  # modes of a directory: while it is changed, when committed


_Report = TypeVar("_Report")


@dataclass
class _Removal(Generic[_Report]):
    """A removal in steps, since each trial and each attempt may take a while."""

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

    def step(self, now: float) -> _Report | None:
        """Do the next step; returns the report after the last. Raises OSError; then call it again.

        What this user may not remove stays, and the report's `problem` says why.
        """
        if self._steps:
            if not self._try():
                return None
            self._steps.pop()
            self._under_way = None
        return None if self._steps else self._done(now)

    def _done(self, now: float) -> _Report:
        raise NotImplementedError

    def _try(self) -> bool:
        """Continue the current operation; whether it is over, done or forbidden.

        A permission error is tried again: a running attempt may change modes at the same time.
        """
        for left in reversed(range(_TRIES)):
            try:
                return self._go_on()
            except OSError as error:
                self._under_way = None
                if error.errno not in _FORBIDDEN:
                    raise
                if not left:
                    self._problem = describe(error)
        return True

    def _go_on(self) -> bool:
        """Remove some names; whether the operation is done."""
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
        yield from self._remove_files(attempt)
        self._swept.append((trial, number))

    def _remove_files(self, attempt: str) -> Iterator[int]:
        raise NotImplementedError


class Removal(_Removal[Removed]):
    """Removes the weights of trials, and what attempts left without a commit."""

    def _done(self, now: float) -> Removed:
        return Removed(
            at=now,
            trials=tuple(self._gone),
            attempts=tuple(self._swept),
            size=self._size,
            problem=self._problem,
        )

    def _remove_files(self, attempt: str) -> Iterator[int]:
        return remove_leftovers(self.files, attempt)


class CheckpointRemoval(_Removal[CheckpointsRemoved]):
    """Removes the checkpoints of attempts, and nothing else that they left."""

    def __init__(self, root: Root, files: Files, attempts: Sequence[tuple[int, int]]) -> None:
        super().__init__(root, files, (), attempts)

    def _done(self, now: float) -> CheckpointsRemoved:
        return CheckpointsRemoved(at=now, attempts=tuple(self._swept), problem=self._problem)

    def _remove_files(self, attempt: str) -> Iterator[int]:
        return _remove_directories(self.files, attempt, CHECKPOINTS)


def remove_weights(files: Files, place: str) -> Iterator[int]:
    """Remove `weights` from a trial's directory; yields the size of each file. Raises OSError.

    The manifest stays. Missing weights are not an error.
    """
    aside = f"{place}/{REMOVED}"
    if files.stat(f"{place}/weights") is not None:
        files.chmod(place, _OPEN)
        with contextlib.suppress(FileNotFoundError):  # renamed already: NFS repeats a request
            files.rename(f"{place}/weights", aside)
        files.sync_dir(place)
    if files.stat(aside) is not None:
        yield from _empty(files, aside)
        files.sync_dir(aside)  # after it is journaled it is not checked again
        files.chmod(place, _CLOSED)


def remove_leftovers(files: Files, attempt: str) -> Iterator[int]:
    """Remove an attempt's checkpoints, and its output if it did not commit.

    Its log and its reports stay. Yields the size of each file. Raises OSError.
    """
    fence(files, f"{attempt}/out", "removed")  # a cached name may lead to committed weights
    with contextlib.suppress(FileNotFoundError):
        names = files.names(attempt)
        outputs = [name for name in names if name == "out" or name.startswith("out.")]
        yield from _remove_directories(files, attempt, (*outputs, *CHECKPOINTS))


def _remove_directories(files: Files, above: str, names: Iterable[str]) -> Iterator[int]:
    """Remove these directories, or files, as far as they exist; yields the size of each file."""
    with contextlib.suppress(FileNotFoundError):
        for name in names:
            path = f"{above}/{name}"
            found = files.stat(path)
            if found is not None and found.kind == "directory":
                yield from _empty(files, path)
                files.remove_dir(path)
            elif found is not None:
                yield _remove_file(files, path, found)
        files.sync_dir(above)


def _empty(files: Files, top: str) -> Iterator[int]:
    """Remove everything in a directory; yields the size of each file. Links are not followed.

    Nested directories are moved up first: a trial may nest them deeper than a path, or Python's
    stack, allows.
    """
    numbered = (f"{top}/{number}" for number in count())
    free = (path for path in numbered if files.stat(path) is None)
    _open(files, top)
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
    """Remove the files in a directory, and move its directories to free paths."""
    _open(files, directory)
    while names := files.names(directory, _PIECE):
        for name in names:
            path = f"{directory}/{name}"
            found = files.stat(path)
            if found is not None and found.kind == "directory":
                _open(files, path)  # moving a directory writes its `..`
                files.rename(path, next(free))
                yield 0
            elif found is not None:
                yield _remove_file(files, path, found)


def _open(files: Files, directory: str) -> None:
    """Make a directory writable. One of another user, who shares a group, may be so already."""
    with contextlib.suppress(PermissionError):
        files.chmod(directory, _OPEN)


def _remove_file(files: Files, path: str, found: Stat) -> int:
    files.remove(path)
    return found.size if found.kind == "file" else 0

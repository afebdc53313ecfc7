"""Restore a checkpoint: copy it for a later attempt, and verify the copy."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable
from typing import Any, Optional

from ..digests import measure
from ..files import Files
from ..os_errors import describe
from .listing import Checkpoint, list_checkpoints, remove_tree, walk
from .saving import FORMAT

PAUSES = (0.1, 0.5, 2.0)  # seconds before each retry of a copy that failed
_LOOKS = 3  # at the checkpoints, since an attempt that was given up may still change them
_INDEX_LIMIT = 64 << 20  # bytes
_BLOCK = 8 << 20  # bytes
_FILE_MODE = 0o440
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

Copy = Callable[[str, str], None]  # source, target


class BrokenError(Exception):
    """A checkpoint is not what was saved; the message says what is wrong."""


class Restorer:
    """Copies checkpoints of one trial. `attempts`: path of each earlier attempt, by its number.

    `copy` copies a file. `say` gets a line about each checkpoint that is left out. `pause` waits so
    many seconds, and `idle` is called now and then.
    """

    def __init__(
        self,
        files: Files,
        attempts: dict[int, str],
        *,
        copy: Copy,
        say: Callable[[str], None],
        pause: Callable[[float], object],
        idle: Callable[[], None],
    ) -> None:
        self._files, self._attempts, self._copy = files, attempts, copy
        self._say, self._pause, self._idle = say, pause, idle
        self._broken: set[str] = set()

    def restore(self, target: str) -> Optional[Checkpoint]:
        """Copy the newest checkpoint that is whole to `target`, and return which one that is.

        None if there is none. Raises OSError where the attempts cannot be listed, and for a full
        store.
        """
        for _ in range(_LOOKS):
            try:
                return self._first_whole(target)
            except FileNotFoundError:  # removed while it was copied, for a newer one
                self._discard(target)
        self._say("no checkpoint is used: they were removed while they were copied")
        return None

    def _first_whole(self, target: str) -> Optional[Checkpoint]:
        found = [
            checkpoint
            for number, path in self._attempts.items()
            for checkpoint in list_checkpoints(self._files, f"{path}/checkpoint", number)
            if checkpoint.path not in self._broken
        ]
        for checkpoint in sorted(found, key=lambda item: item.order, reverse=True):
            problem = self._copy_with_retries(checkpoint, target)
            if not problem:
                return checkpoint
            self._broken.add(checkpoint.path)
            self._say(f"the checkpoint {checkpoint.path} is not used: {problem}")
        return None

    def _copy_with_retries(self, checkpoint: Checkpoint, target: str) -> str:
        """Why the checkpoint cannot be used; empty if `target` is a copy of it."""
        problem = ""
        for seconds in (0.0, *PAUSES):
            if seconds:
                self._pause(seconds)
            try:
                self._copy_tree(checkpoint, target)
            except FileNotFoundError:
                raise
            except OSError as error:
                problem = describe(error)
                self._discard(target)
                if error.errno in _NO_SPACE:
                    raise
            except (BrokenError, ValueError) as error:
                problem = str(error)
                self._discard(target)
            else:
                return ""
        return problem

    def _copy_tree(self, checkpoint: Checkpoint, target: str) -> None:
        """Copy a checkpoint, and compare the copy with the list of its files."""
        expected = self._read_index(checkpoint)
        sizes, directories = walk(self._files, checkpoint.path)
        start = len(checkpoint.path)
        for path in directories:
            self._files.make_dir(f"{target}{path[start:]}")
        for path, _ in sizes:
            self._copy(path, f"{target}{path[start:]}")
            self._idle()
        if self._files.stat(checkpoint.path) is None:  # so that what was copied may be incomplete
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), checkpoint.path)
        if expected is not None:
            copies = [(f"{target}{path[start:]}", size) for path, size in sizes]
            measured = measure(self._files, copies, sync=False, idle=self._idle)
            found = {path[len(target) + 1 :]: held for path, held in measured.items()}
            for name in sorted(expected.keys() | found.keys()):
                if expected.get(name) != found.get(name):
                    raise BrokenError(f"{name} does not have the bytes that were saved")

    def _read_index(self, checkpoint: Checkpoint) -> Optional[dict[str, tuple[int, str]]]:
        """Size and digest of each file as it was saved; None if they were not listed."""
        try:
            data = self._files.read(f"{checkpoint.path}.json", _INDEX_LIMIT)
        except FileNotFoundError:
            return None
        try:
            content: Any = json.loads(data)
            if (content["format"], content["step"]) == (FORMAT, checkpoint.step):
                return {file["path"]: (file["size"], file["digest"]) for file in content["files"]}
        except (ValueError, KeyError, TypeError):
            pass
        raise BrokenError(f"{checkpoint.path}.json is no list of its files")

    def _discard(self, target: str) -> None:
        """Remove an incomplete copy, as far as possible."""
        with contextlib.suppress(OSError):
            remove_tree(self._files, target)


def copy_file(source: str, target: str, idle: Callable[[], object]) -> None:
    """Copy a file. The file system may share its blocks, as copy_file_range(2) says.

    `idle` is called now and then. Raises OSError.
    """
    reader = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        writer = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o660)
        try:
            _copy_bytes(reader, writer, idle)
            os.fchmod(writer, _FILE_MODE)
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _copy_bytes(reader: int, writer: int, idle: Callable[[], object]) -> None:
    with contextlib.suppress(OSError):  # not supported here: the rest is read and written
        while os.copy_file_range(reader, writer, _BLOCK):
            idle()
    while data := os.read(reader, _BLOCK):
        view = memoryview(data)
        while view:
            view = view[os.write(writer, view) :]
        idle()

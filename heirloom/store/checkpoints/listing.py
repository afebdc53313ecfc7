"""The complete checkpoints of an attempt, and the files in a directory tree."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from ..files import Files

COUNT_LIMIT = 100_000  # files in a checkpoint
STEP_LIMIT = 1 << 63
_NAME = re.compile(r"(0|[1-9][0-9]{0,18})(?:\.([1-9][0-9]{0,8}))?")


@dataclass(frozen=True)
class Checkpoint:
    """A complete checkpoint of an attempt."""

    step: int
    attempt: int  # the attempt's number
    index: int  # counts those of one step
    path: str

    @property
    def order(self) -> tuple[int, int, int]:
        """A newer checkpoint of the same trial has a greater order."""
        return self.step, self.attempt, self.index


def list_checkpoints(files: Files, directory: str, attempt: int = 0) -> list[Checkpoint]:
    """The complete checkpoints in a directory, oldest first; none if it does not exist.

    `attempt` is the number of the attempt that they belong to. Raises OSError.
    """
    try:
        names = files.names(directory)
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = [
        Checkpoint(int(match[1]), attempt, int(match[2] or 0), f"{directory}/{name}")
        for name in names
        if (match := _NAME.fullmatch(name)) and int(match[1]) < STEP_LIMIT
    ]
    return sorted(found, key=lambda checkpoint: checkpoint.order)


def walk(files: Files, top: str) -> tuple[list[tuple[str, int]], list[str]]:
    """The files in a tree with their sizes, and its directories, the outermost first.

    Raises ValueError for anything but regular files and directories, and OSError.
    """
    sizes: list[tuple[str, int]] = []
    directories: list[str] = []
    pending = [top]
    while pending:
        directory = pending.pop()
        directories.append(directory)
        for name in files.names(directory):
            path = f"{directory}/{name}"
            found = files.stat(path)
            if found is None:
                raise FileNotFoundError(2, "disappeared", path)
            if found.kind == "directory":
                pending.append(path)
            elif found.kind == "file":
                sizes.append((path, found.size))
            else:
                what = "a symbolic link" if found.kind == "link" else "not a regular file"
                raise ValueError(f"{path} is {what}: save regular files in a checkpoint")
        if len(sizes) + len(directories) + len(pending) > COUNT_LIMIT:
            raise ValueError(f"{top} has more than {COUNT_LIMIT:,} files: pack them into fewer")
    return sizes, directories


def tree_size(files: Files, top: str) -> int:
    """The bytes of the files in a tree; 0 if it is no directory. Raises OSError."""
    total = 0
    above = files.stat(top)
    pending = [top] if above is not None and above.kind == "directory" else []
    while pending:
        directory = pending.pop()
        for name in files.names(directory):
            found = files.stat(f"{directory}/{name}")
            if found is not None and found.kind == "directory":
                pending.append(f"{directory}/{name}")
            elif found is not None:
                total += found.size
    return total


def remove_tree(files: Files, top: str) -> None:
    """Remove a tree, if it exists. Links are not followed. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        above = files.stat(top)
        if above is not None and above.kind != "directory":
            files.remove(top)
            return
        directories: list[str] = []
        pending = [top]
        while pending:
            directory = pending.pop()
            directories.append(directory)
            for name in files.names(directory):
                found = files.stat(f"{directory}/{name}")
                if found is not None and found.kind == "directory":
                    pending.append(f"{directory}/{name}")
                elif found is not None:
                    files.remove(f"{directory}/{name}")
        for directory in reversed(directories):
            files.remove_dir(directory)

"""Save a checkpoint: the part of a trial's process."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator

from ..digests import measure
from ..files import Files
from .listing import STEP_LIMIT, list_checkpoints, remove_tree, walk

FORMAT = 1
KEPT = 2  # checkpoints of one attempt that exist at once, an incomplete one included
_FILE_MODE = 0o440


@contextlib.contextmanager
def saving(files: Files, directory: str, step: int) -> Iterator[str]:
    """A new directory, which becomes the checkpoint of `step` in `directory` when the block ends.

    If the block raises, the new directory is removed. Older checkpoints are removed before. Raises
    ValueError for a step or a file that cannot be kept, and OSError.
    """
    if not 0 <= step < STEP_LIMIT:
        raise ValueError(f"a checkpoint's step must be 0 or more, and below 2**63, not {step}")
    _remove_old(files, directory)
    draft = _create_draft(files, directory)
    try:
        yield draft
        complete(files, directory, draft, step)
    except BaseException:
        with contextlib.suppress(OSError):
            remove_tree(files, draft)
        raise


def complete(files: Files, directory: str, draft: str, step: int) -> str:
    """Make `draft` durable and read-only, and rename it. Returns the checkpoint's path.

    Raises ValueError for anything but regular files and directories, and OSError.
    """
    sizes, directories = walk(files, draft)
    for path, _ in sizes:
        files.chmod(path, _FILE_MODE)
    measured = measure(files, sizes, sync=True, idle=lambda: None)
    for path in reversed(directories):
        files.sync_dir(path)
    entries = [
        {"path": path[len(draft) + 1 :], "size": size, "digest": digest}
        for path, (size, digest) in sorted(measured.items())
    ]
    path = f"{directory}/{_free_name(files, directory, step)}"
    with contextlib.suppress(FileNotFoundError):  # of a process that was killed before the rename
        files.remove(f"{path}.json")
    index = {"format": FORMAT, "step": step, "files": entries}
    files.write(f"{path}.json", json.dumps(index).encode() + b"\n")
    files.sync_dir(directory)
    try:
        files.rename(draft, path)
    except OSError:  # over NFS a rename may succeed and still return an error
        if files.stat(path) is None or files.stat(draft) is not None:
            raise
    files.sync_dir(directory)
    return path


def _create_draft(files: Files, directory: str) -> str:
    """Create a directory to write into. Its name is not a checkpoint's."""
    with contextlib.suppress(FileExistsError):
        files.make_dir(directory)
    number = 0
    while True:
        draft = f"{directory}/draft.{os.getpid()}.{number}"
        try:
            files.make_dir(draft)
        except FileExistsError:
            number += 1
        else:
            return draft


def _free_name(files: Files, directory: str, step: int) -> str:
    same = [found.index for found in list_checkpoints(files, directory) if found.step == step]
    return f"{step}.{max(same) + 1}" if same else str(step)


def _remove_old(files: Files, directory: str) -> None:
    """Remove complete checkpoints but the newest, so that there is space for another one.

    The name goes first, since a reader must not find what is half removed, and the list of files
    last. Raises OSError.
    """
    for checkpoint in list_checkpoints(files, directory)[: 1 - KEPT]:
        aside = f"{directory}/old.{os.path.basename(checkpoint.path)}"
        remove_tree(files, aside)
        files.rename(checkpoint.path, aside)
        remove_tree(files, aside)
        with contextlib.suppress(FileNotFoundError):
            files.remove(f"{checkpoint.path}.json")

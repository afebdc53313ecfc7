"""Write a file so that its name always shows the old bytes or all of the new ones.

The new bytes are written to a draft in the same file system, which is then renamed (rename(2)).
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:  # trials import this module: it loads nothing that they do not need
    from .files import Files


def replace_file(
    path: str, data: bytes, *, durable: bool = False, mode: int = 0o666, draft: Optional[str] = None
) -> None:
    """Replace the file at `path`, through `draft` (default: `PATH.PID`). Raises OSError.

    With `durable` the bytes and the name survive a power loss from then on. `mode` is that of the
    new file, before the umask. The draft is removed if anything fails.
    """
    draft = f"{path}.{os.getpid()}" if draft is None else draft
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            if durable:
                os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    if durable:
        sync_directory(os.path.dirname(path) or ".")


def sync_directory(path: str) -> None:
    """Make the names in a directory durable. Raises OSError."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def replace_on_store(
    files: Files, draft: str, path: str, data: bytes, *, mode: Optional[int] = None
) -> None:
    """Replace the file at `path` durably, through `draft`. Raises OSError; then try again.

    A draft of an earlier try is removed first. `mode` is that of the new file; by default the umask
    decides.
    """
    try:
        files.write(draft, data)
    except FileExistsError:
        files.remove(draft)
        files.write(draft, data)
    if mode is not None:
        files.chmod(draft, mode)
    files.rename(draft, path)
    files.sync_dir(os.path.dirname(path))

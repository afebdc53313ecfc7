"""Files and names that a power loss must not take back."""

from __future__ import annotations

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a file anew, its owner's alone, and make its bytes durable; its name is after `sync`.

    Raises OSError.
    """
    path.touch(mode=0o600)
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def sync(*directories: Path) -> None:
    """Make the names in directories durable. Raises OSError."""
    for directory in directories:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

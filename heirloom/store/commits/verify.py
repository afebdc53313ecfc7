"""Compare committed weights with their manifest."""

from __future__ import annotations

from collections.abc import Callable

from ..digests import measure
from ..files import Files
from ..manifest import Manifest


def differences(files: Files, root: str, verdict: Manifest, idle: Callable[[], None]) -> list[str]:
    """One line of text for each file whose size or digest is not the committed one.

    `idle` is called about once a second meanwhile. Raises OSError, also for a missing file.
    """
    weights = f"{root}/trials/{verdict.trial}/weights"
    files.names(weights)  # opens the directory, so that NFS asks the server for its names
    sizes = [(f"{weights}/{entry.path}", entry.size) for entry in verdict.files]
    found = measure(files, sizes, sync=False, idle=idle)
    return [
        f"{weights}/{entry.path}, committed by {verdict.author}: "
        f"expected {entry.size} bytes with {entry.digest}, found {size} with {digest}"
        for entry in verdict.files
        for size, digest in [found[f"{weights}/{entry.path}"]]
        if (size, digest) != (entry.size, entry.digest)
    ]

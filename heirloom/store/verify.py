"""The check that a parent's weights are what its manifest says, before a child reads them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from ..node.process.ended import Ended
from ..node.slots import Pause
from . import manifest
from .digests import measure
from .files import Files
from .manifest import Manifest, ManifestError

WAITS = (0.1, 0.5, 2.0)  # seconds before a mismatch is looked at again
_AWAY = 1.0  # seconds before a store that does not answer is asked again


def verify(files: Files, root: str, trial: int, pause: Pause, idle: Callable[[], None]) -> Manifest:
    """The verdict of a trial whose weights stand on the store just as they were committed.

    Raises Ended: `parent` when the trial ended without weights, `corrupt` when sizes or digests
    differ from the manifest and keep differing. A store that does not answer is waited for, since
    that says nothing of what it holds.
    """
    waits = iter(WAITS)
    while True:
        try:
            verdict, problem = _compare(files, root, trial, idle)
        except OSError:
            pause(_AWAY)
            continue
        if verdict is not None:
            return verdict
        wait = next(waits, None)
        if wait is None:
            raise Ended("corrupt", problem, trial)
        pause(wait)


def _compare(
    files: Files, root: str, trial: int, idle: Callable[[], None]
) -> tuple[Optional[Manifest], str]:
    """The verdict if all is well, else what is wrong. Raises OSError when there is no answer."""
    try:
        verdict = manifest.read(files, root, trial)
        if verdict is None:
            return None, f"trial {trial} has no verdict any more"
        if not verdict.weights:
            raise Ended("parent", f"trial {trial} {verdict.state}: {verdict.reason}", trial)
        problems = wrong(files, root, verdict, idle)
    except ManifestError as error:
        return None, str(error)
    except OSError as error:
        # Where this is answered, it is not the store.
        if files.stat(f"{root}/trials/{trial}/{manifest.REMOVED}") is not None:
            raise Ended("parent", f"the weights of trial {trial} were removed", trial) from None
        return None, f"the weights of trial {trial}: {error.strerror}: {error.filename}"
    return (None, problems[0]) if problems else (verdict, "")


def wrong(files: Files, root: str, verdict: Manifest, idle: Callable[[], None]) -> list[str]:
    """What of a verdict's weights is not as it was committed, in words for each file.

    `idle` is called about once a second meanwhile. Raises OSError, also for a file that is gone.
    """
    weights = f"{root}/trials/{verdict.trial}/weights"
    files.names(weights)  # opened anew, so that the names are the server's
    sizes = [(f"{weights}/{entry.path}", entry.size) for entry in verdict.files]
    found = measure(files, sizes, sync=False, idle=idle)
    return [
        f"{weights}/{entry.path}, committed by attempt {verdict.attempt} on {verdict.node}: "
        f"expected {entry.size} bytes with {entry.digest}, found {size} with {digest}"
        for entry in verdict.files
        for size, digest in [found[f"{weights}/{entry.path}"]]
        if (size, digest) != (entry.size, entry.digest)
    ]
